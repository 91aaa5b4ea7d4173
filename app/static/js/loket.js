// The little that the pages need beyond HTML. Everything works without it, only less smoothly.
"use strict";

// The button that asks first: <button data-confirm="Delete this?">.
document.addEventListener("click", (event) => {
  const asks = event.target.closest("[data-confirm]");
  if (asks && !window.confirm(asks.dataset.confirm)) event.preventDefault();
});

// A form that is on its way cannot be sent twice. The button keeps its value: it is disabled after the form is built.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.matches("[data-tidy]")) {
    // Only what is filled in belongs in the address bar.
    for (const input of form.elements) if (input.name && !input.value) input.disabled = true;
  } else if (form.matches("[data-once]")) {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((button) => (button.disabled = true)));
  }
});

// Who comes back with the browser's back button finds the form as it was, and usable.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelectorAll("button[type=submit]").forEach((button) => (button.disabled = false));
  }
  for (const input of document.querySelectorAll("form[data-tidy] :disabled")) input.disabled = false;
});

// The choices of relations are fetched when somebody opens the filters, and not before.
async function fill(select) {
  const { optionsUrl } = select.dataset;
  if (!optionsUrl) return;
  delete select.dataset.optionsUrl;
  select.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(optionsUrl, { headers: { "X-Requested-With": "XMLHttpRequest" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(`<select>${await answer.text()}</select>`, "text/html");
    const chosen = select.value;
    const known = [...page.querySelectorAll("option")].filter((option) => option.value);
    if (known.some((option) => option.value === chosen)) for (const option of [...select.options]) if (option.value) option.remove();
    for (const option of known) if (![...select.options].some((old) => old.value === option.value)) select.append(option);
    select.value = chosen;
  } catch {
    select.dataset.optionsUrl = optionsUrl; // tried again at the next opening
  }
  select.removeAttribute("aria-busy");
}

for (const details of document.querySelectorAll("details[data-filters]"))
  details.addEventListener("toggle", () => details.open && details.querySelectorAll("[data-options-url]").forEach(fill));

// A panel that floats closes when somebody clicks beside it or presses Escape.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.pop[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
  if (event.key === "Escape") {
    const open = event.target.closest("details.pop[open]") ?? document.querySelector("details.pop[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }
});

document.querySelector("[data-focus]")?.focus();
document.querySelector("[data-select]")?.select();
