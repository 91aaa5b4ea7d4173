// Ctrl-K (⌘K on a Mac), and every link with data-find: a field that searches everything. Without this script the link opens /zoeken.
"use strict";

const dialog = document.querySelector("#find");

if (dialog) {
  const [input, list, said] = ["input", "[role=listbox]", "[role=status]"].map((which) => dialog.querySelector(which));
  const options = () => [...list.querySelectorAll("[role=option]")];
  let asked; // the request under way
  let timer;

  const say = (words) => (said.textContent = words);

  function choose(option) {
    for (const one of options()) one.setAttribute("aria-selected", String(one === option));
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  function show(html, term) {
    list.innerHTML = html;
    list.dataset.term = term;
    const words = list.querySelector("[data-said]");
    words?.remove();
    const found = options();
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!!found.length));
    choose(found[0]);
    say(words?.textContent ?? (found.length ? `${found.length} ${said.dataset.found}` : said.dataset.few));
  }

  async function search() {
    asked?.abort();
    const term = input.value.trim();
    if (term.length < 2) return show("", term);
    const mine = (asked = new AbortController());
    try {
      const answer = await fetch(`${input.form.action}?${new URLSearchParams({ q: term })}`, { headers: { "HX-Request": "true" }, signal: mine.signal });
      if (answer.redirected) return location.reload(); // signed out meanwhile
      if (answer.status >= 500 || answer.status === 429) throw new Error(answer.statusText);
      const html = await answer.text();
      if (mine === asked) show(html, term);
    } catch (problem) {
      if (problem.name === "AbortError" || mine !== asked) return;
      show("", term);
      say(said.dataset.failed);
    }
  }

  function open() {
    if (dialog.open) return input.select();
    dialog.showModal();
    input.select();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-find]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 200);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault(); // a search field would only empty itself
      return dialog.close();
    }
    const found = options();
    const now = found.findIndex((one) => one.getAttribute("aria-selected") === "true");
    const to = { ArrowDown: (now + 1) % found.length, ArrowUp: (now - 1 + found.length) % found.length }[event.key];
    if (to !== undefined && found.length) {
      event.preventDefault();
      choose(found[to]);
    } else if (event.key === "Enter" && now >= 0 && input.value.trim() === list.dataset.term) {
      event.preventDefault();
      found[now].click();
    }
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
  dialog.addEventListener("close", () => {
    clearTimeout(timer);
    asked?.abort();
  });
}
