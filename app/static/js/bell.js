// The number of unread notifications in the bell follows while a page stays open. Without this script it is that of when the page came.
"use strict";
{
  const bells = document.querySelectorAll("[data-bell]");

  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(bells[0].dataset.bell);
      if (answer.redirected || !answer.ok) return clearInterval(timer); // signed out
      const { number, words } = await answer.json();
      for (const bell of bells) {
        bell.querySelector("[data-number]").textContent = number;
        bell.querySelector("[data-words]").textContent = words;
      }
    } catch {
      // No network: asked again later.
    }
  }

  const timer = bells.length && setInterval(look, 60_000);
  if (timer) document.addEventListener("visibilitychange", look);
}
