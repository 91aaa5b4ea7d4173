// The little that the pages need beyond HTML. Everything works without it, only less smoothly.
"use strict";

// The button that asks first: <button data-confirm="Delete this?">.
document.addEventListener("click", (event) => {
  const asks = event.target.closest("[data-confirm]");
  if (asks && !window.confirm(asks.dataset.confirm)) event.preventDefault();
});

// What takes longer than a second says so, with a bar.
let waiting;
function showBusy() {
  const place = document.querySelector("[data-busy]");
  if (!place) return;
  const bar = document.createElement("progress");
  bar.ariaLabel = place.dataset.busy;
  place.replaceChildren(bar, place.dataset.busy);
}

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
    waiting = setTimeout(showBusy, 1000);
  }
});

// Who comes back with the browser's back button finds the form as it was, and usable.
window.addEventListener("pageshow", () => {
  clearTimeout(waiting);
  document.querySelector("[data-busy]")?.replaceChildren();
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
const FLOATING = "details.pop[open], .side-foot[open], .top-phone > details[open]";
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll(FLOATING)) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = event.target.closest(FLOATING) ?? document.querySelector(FLOATING);
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }
});

// The sidebar folds to icons, and stays so in this browser (theme.js). Folded, each icon shows its word, and a group opens it again.
const side = document.querySelector(".side");
const isNarrow = () => document.documentElement.dataset.side === "narrow";
function fold(narrow) {
  if (narrow) document.documentElement.dataset.side = "narrow";
  else delete document.documentElement.dataset.side;
  try {
    localStorage.setItem("side", narrow ? "narrow" : "wide");
  } catch {
    // It stays as it is until the next page.
  }
  name();
}
function name() {
  for (const one of side.querySelectorAll("nav a, nav summary, .find-open, .side-foot > summary, [data-side-fold]"))
    if (isNarrow()) one.title = one.innerText.trim().replace(/\s+/g, " ");
    else one.removeAttribute("title");
}
if (side) {
  name();
  side.querySelector("[data-side-fold]").addEventListener("click", () => fold(!isNarrow()));
  side.querySelector("nav").addEventListener("click", (event) => {
    const group = event.target.closest("summary");
    if (!group || !isNarrow()) return;
    event.preventDefault();
    group.parentElement.open = true;
    fold(false);
  });
}

// A colour can be written or picked: the two fields follow each other.
for (const picker of document.querySelectorAll("[data-colour-of]")) {
  const written = document.getElementById(picker.dataset.colourOf);
  picker.addEventListener("input", () => (written.value = picker.value));
  written.addEventListener("input", () => {
    if (/^#[0-9a-f]{6}$/i.test(written.value)) picker.value = written.value;
  });
}

document.querySelector("[data-focus]")?.focus();
document.querySelector("[data-select]")?.select();
