// Forms, beyond what they do without scripts: relations are searched while one types, long texts keep themselves as a draft, and who
// leaves with something unsaved is asked first.
"use strict";
{
  const REST = 2000; // milliseconds without a key before a draft is kept
  const PACE = 5000; // milliseconds between two drafts at least

  const choices = async (url, search) => {
    const answer = await fetch(`${url}&q=${encodeURIComponent(search)}`, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(`<select>${await answer.text()}</select>`, "text/html");
    return [...page.querySelectorAll("option")].map((option) => ({ value: option.value, text: option.text }));
  };

  // Tom Select with our words, a button to take a choice away, and a voice that says how much was found.
  function search(input, words, settings) {
    const voice = Object.assign(document.createElement("span"), { className: "visually-hidden", role: "status" });
    const note = (text) => `<div class="no-results" role="option" aria-disabled="true">${text}</div>`;
    const tom = new TomSelect(input, {
      create: false,
      clearAfterSelect: true,
      maxOptions: 100,
      placeholder: words.choose,
      refreshThrottle: 0,
      render: {
        item: (data, escape) => {
          const label = escape(words.remove.replace("#", data.text));
          return `<div>${escape(data.text)}<button type="button" data-remove="${escape(data.value)}" aria-label="${label}">×</button></div>`;
        },
        no_results: () => note(words.none),
        not_loading: () => note(words.type),
      },
      ...settings,
    });
    const say = () =>
      setTimeout(() => {
        const found = tom.dropdown_content.querySelectorAll("[data-selectable]").length;
        voice.textContent = !tom.isOpen || tom.loading ? "" : found ? words.found.replace("#", found) : words.none;
      }, 100);
    for (const event of ["type", "load", "dropdown_open", "dropdown_close"]) tom.on(event, say);
    for (const name of ["aria-describedby", "aria-invalid"])
      if (input.hasAttribute(name)) tom.control_input.setAttribute(name, input.getAttribute(name));
    tom.wrapper.after(voice);
    tom.wrapper.addEventListener("click", (event) => remove(event, tom), true);
    input.setAttribute("aria-hidden", "true"); // only what stands for it is read out
    input.addEventListener("focus", () => tom.focus()); // the summary of what is wrong leads to the field itself
    return tom;
  }

  function remove(event, tom) {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    event.stopPropagation();
    tom.removeItem(button.dataset.remove);
    tom.refreshOptions(false);
    tom.focus();
  }

  // One of many: the select box itself, or a text that holds the number of what is chosen.
  function pickOne(input, words) {
    const url = input.dataset.pick;
    const chosen = input.value && input.matches("input") ? [{ value: input.value, text: input.dataset.chosen || input.value }] : [];
    const remote = { load: (text, done) => choices(url, text).then(done, () => done()), shouldLoad: (text) => text.length > 1 };
    const typed = { options: chosen, items: chosen.map((one) => one.value) };
    search(input, words, { maxItems: 1, ...(url ? remote : {}), ...(input.matches("input") ? typed : {}) });
    for (const spare of input.closest(".field").querySelectorAll(".pick-without")) spare.hidden = true;
  }

  // Many boxes to tick become one line that is searched; the boxes stay what is sent.
  function pickMany(fold, words) {
    const boxes = [...fold.querySelectorAll("input")];
    const select = Object.assign(document.createElement("select"), { multiple: true, id: `${fold.parentElement.id}-many` });
    const label = Object.assign(document.createElement("label"), { htmlFor: select.id, className: "visually-hidden", textContent: fold.dataset.many });
    for (const box of boxes) select.add(new Option(box.labels[0].textContent, box.value, box.checked, box.checked));
    fold.before(label, select);
    fold.hidden = true;
    const tick = (value, on) => (boxes.find((box) => box.value === value).checked = on);
    search(select, words, { hideSelected: true, onItemAdd: (value) => tick(value, true), onItemRemove: (value) => tick(value, false) });
  }

  // 24-11-2026 14:05 can be typed; the button beside it opens the browser's own calendar.
  function pickDate(input, words) {
    const isDate = input.dataset.date === "date";
    const native = Object.assign(document.createElement("input"), { type: input.dataset.date, tabIndex: -1, className: "date-native" });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn" });
    if (!native.showPicker) return;
    native.setAttribute("aria-hidden", "true");
    button.setAttribute("aria-label", `${words.pick}: ${input.labels[0].firstChild.textContent.trim()}`);
    button.innerHTML = `<svg class="icon" width="20" height="20" aria-hidden="true"><use href="${words.icon}"></use></svg>`;
    const line = Object.assign(document.createElement("span"), { className: "date" });
    input.before(line);
    line.append(input, button, native);
    button.addEventListener("click", () => {
      const [, day, month, year, time = "12:00"] = /^(\d\d)-(\d\d)-(\d{4})(?: (\d\d:\d\d))?$/.exec(input.value.trim()) ?? [];
      native.value = year ? `${year}-${month}-${day}${isDate ? "" : `T${time}`}` : "";
      native.showPicker();
    });
    native.addEventListener("change", () => {
      const [day, time] = native.value.split("T");
      input.value = [day.split("-").reverse().join("-"), time].filter(Boolean).join(" ");
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }

  function keepDrafts(form, words) {
    const status = form.querySelector("[data-status]");
    let timer, kept = 0, changed = false, sent = false, running;

    async function keep() {
      clearTimeout(timer);
      if (!changed || sent) return;
      const wait = kept + PACE - Date.now();
      if (wait > 0) return (timer = setTimeout(keep, wait));
      await send();
    }

    async function send() {
      const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string")); // a draft holds no files
      body.set("step", "autosave");
      changed = false;
      kept = Date.now();
      running = new AbortController();
      try {
        const answer = await fetch(form.action, { method: "POST", body, keepalive: true, redirect: "manual", signal: running.signal });
        const text = await answer.text();
        if (!answer.ok) throw new Error(answer.status === 413 ? text : "");
        if (status.textContent !== text) status.textContent = text;
      } catch (problem) {
        if (sent) return;
        changed = true;
        status.textContent = (problem instanceof TypeError ? "" : problem.message) || words.failed;
      }
    }

    const change = (event) => {
      if (event.target.closest(".ts-control")) return; // what is searched for is not filled in yet
      changed = true;
      if (!status) return;
      clearTimeout(timer);
      timer = setTimeout(keep, REST);
    };
    form.addEventListener("input", change);
    form.addEventListener("change", change);
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      sent = true;
      clearTimeout(timer);
      running?.abort();
    });
    window.addEventListener("pageshow", () => (sent = false));
    window.addEventListener("beforeunload", (event) => changed && !sent && event.preventDefault());
    if (!status) return;
    form.addEventListener("focusout", (event) => event.target.matches("textarea") && keep());
    window.addEventListener("pagehide", () => changed && !sent && send());
    form.querySelector(".form-draft button").hidden = true;
  }

  for (const form of document.querySelectorAll("form[data-form]")) {
    const words = JSON.parse(form.dataset.form);
    for (const input of form.querySelectorAll("[data-pick]")) pickOne(input, words);
    for (const fold of form.querySelectorAll("[data-many]")) pickMany(fold, words);
    for (const input of form.querySelectorAll("[data-date]")) pickDate(input, words);
    keepDrafts(form, words);
  }
}
