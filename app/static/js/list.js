// Lists: open a row by clicking it, go through them by keyboard, choose rows over several pages. All of it works without, less smoothly.
"use strict";

const table = document.querySelector("table.list[data-list]");
const lines = () => [...table.querySelectorAll("tbody tr")];
const boxOf = (row) => row?.querySelector("input[name=_rows]");
const linkOf = (row) => row?.querySelector("th a[href]");

// --- a row opens where it is clicked ---
if (table)
  table.tBodies[0].addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    const link = linkOf(row);
    if (!link || event.defaultPrevented || event.button || event.shiftKey || event.altKey) return;
    if (event.target.closest("a, button, input, label, summary, details, .row-pick") || String(window.getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
    else link.click();
  });
for (const row of table ? lines() : []) if (linkOf(row)) row.classList.add("opens");

// --- chosen rows, kept for this tab under the list and its filters ---
const bar = document.querySelector("form[data-chosen]");
function storageKey() {
  const query = new URLSearchParams(bar.dataset.query);
  for (const name of [...query.keys()]) if (/^_o[cd]_/.test(name)) query.delete(name);
  return `chosen:${bar.dataset.chosen}:${query}`;
}
function stored() {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(storageKey())) ?? []);
  } catch {
    return new Set(); // no storage: what is ticked on this page counts
  }
}
function store(chosen) {
  try {
    if (chosen.size) sessionStorage.setItem(storageKey(), JSON.stringify([...chosen]));
    else sessionStorage.removeItem(storageKey());
  } catch {
    // as above
  }
}

if (bar) {
  const chosen = stored();
  const everything = bar.elements.namedItem("all");
  const wholePage = document.querySelector("[data-pick-page]");
  const boxes = () => lines().map(boxOf);
  const draw = () => {
    for (const box of boxes()) box.checked = everything.checked || chosen.has(box.value);
    for (const row of lines()) row.classList.toggle("chosen", boxOf(row).checked);
    const here = boxes().filter((box) => box.checked).length;
    wholePage.checked = here > 0 && here === boxes().length;
    wholePage.indeterminate = here > 0 && !wholePage.checked;
    const count = everything.checked ? table.dataset.total : chosen.size;
    bar.querySelector("[data-count]").textContent = everything.checked ? "" : bar.dataset.words.replace("{}", count);
    bar.classList.toggle("on", everything.checked || chosen.size > 0);
  };
  const choose = (box, on) => {
    everything.checked = false;
    if (on) chosen.add(box.value);
    else chosen.delete(box.value);
  };
  table.addEventListener("change", (event) => {
    if (event.target === wholePage) for (const box of boxes()) choose(box, wholePage.checked);
    else if (event.target.name === "_rows") choose(event.target, event.target.checked);
    store(chosen);
    draw();
  });
  everything.addEventListener("change", draw);
  const clear = bar.querySelector("[data-unchoose]");
  clear.addEventListener("click", () => {
    chosen.clear();
    everything.checked = false;
    store(chosen);
    draw();
    (linkOf(lines()[0]) ?? table).focus();
  });
  bar.addEventListener("submit", () => {
    bar.querySelector("input[type=hidden][name=_rows]")?.remove();
    const elsewhere = document.createElement("input");
    Object.assign(elsewhere, { type: "hidden", name: "_rows", value: [...chosen].join(",") });
    if (chosen.size && !everything.checked) bar.append(elsewhere);
  });
  wholePage.hidden = clear.hidden = false;
  wholePage.previousElementSibling.remove();
  window.addEventListener("pageshow", draw);
}

// What was done with the rows is done: they are no longer chosen.
const done = document.querySelector("[data-forget]");
done?.addEventListener("submit", () => {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(`chosen:${done.dataset.forget}:`)) sessionStorage.removeItem(key);
});

// --- the order of the columns ---
for (const button of document.querySelectorAll("[data-up]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const item = button.closest("li");
    item.previousElementSibling?.before(item);
    button.focus();
  });
}

// --- keys; single letters can be switched off, for who speaks to the computer ---
const help = document.querySelector("dialog.keys");
const opener = document.querySelector("[data-keys]");
const OFF = "list-keys-off";
let off = false;
try {
  off = localStorage.getItem(OFF) === "1";
} catch {
  // they stay on
}
function step(by) {
  const all = lines().filter(linkOf);
  const at = all.indexOf(document.activeElement.closest("tr"));
  linkOf(all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)])?.focus();
}
const KEYS = {
  "/": () => {
    const search = document.querySelector("[data-search]");
    search?.focus();
    search?.select();
  },
  j: () => step(1),
  k: () => step(-1),
  x: () => boxOf(document.activeElement.closest("tr"))?.click(),
  "?": () => help.showModal(),
};
if (help && opener) {
  const on = help.querySelector("[data-keys-on]");
  on.checked = !off;
  on.addEventListener("change", () => {
    off = !on.checked;
    try {
      localStorage.setItem(OFF, off ? "1" : "");
    } catch {
      // until the next page
    }
  });
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (off || !KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    event.preventDefault();
    KEYS[event.key]();
  });
}
