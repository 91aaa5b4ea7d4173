// Runs before the first paint: the theme of the machine for who leaves it to the machine, and the sidebar as it was left.
"use strict";

const root = document.documentElement;
root.dataset.scripts = "";
try {
  if (localStorage.getItem("side") === "narrow") root.dataset.side = "narrow";
} catch {
  // A browser that keeps nothing starts with the wide sidebar.
}

if (!root.dataset.bsTheme) {
  const night = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => (root.dataset.bsTheme = night.matches ? "dark" : "light");
  follow();
  night.addEventListener("change", follow);
}
