// Placeholders in the text of a message: put in by a click, completed while somebody types {{; and the length of a subject.
"use strict";
{
  const OPEN = /\{\{\s*(\w*)$/;

  function fire(area) {
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Where the caret stands within the text area: by a copy of the text up to there, laid out as the area is.
  function caretOf(area) {
    const copy = document.createElement("div");
    const style = getComputedStyle(area);
    for (const name of ["fontFamily", "fontSize", "fontWeight", "lineHeight", "letterSpacing", "padding", "borderWidth"]) copy.style[name] = style[name];
    copy.className = "message-copy";
    copy.style.width = `${area.offsetWidth}px`;
    copy.textContent = area.value.slice(0, area.selectionStart);
    const mark = copy.appendChild(document.createElement("span"));
    mark.textContent = "|";
    area.after(copy);
    const at = { left: mark.offsetLeft, top: mark.offsetTop + mark.offsetHeight - area.scrollTop };
    copy.remove();
    return at;
  }

  function dress(box) {
    const words = JSON.parse(box.dataset.placeholders);
    const area = box.querySelector("textarea");
    const items = [...box.querySelectorAll("[data-put]")].map((code) => ({ text: code.textContent, label: code.nextElementSibling.textContent, code }));
    const said = Object.assign(document.createElement("p"), { className: "visually-hidden" });
    said.setAttribute("role", "status");
    const list = Object.assign(document.createElement("ul"), { className: "message-list", id: `${area.id}-list`, hidden: true });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", words.list);
    area.parentElement.append(list);
    box.append(said);
    area.setAttribute("aria-autocomplete", "list");
    let shown = [];
    let active = 0;

    function close() {
      list.hidden = true;
      area.removeAttribute("aria-activedescendant");
      area.removeAttribute("aria-controls");
    }

    function mark(at) {
      active = (at + shown.length) % shown.length;
      [...list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === active)));
      list.children[active].scrollIntoView({ block: "nearest" });
      area.setAttribute("aria-activedescendant", list.children[active].id);
    }

    function put(item, from, until) {
      area.focus();
      area.setRangeText(item.text, from, until, "end");
      close();
      fire(area);
      said.textContent = words.put.replace("#", item.text);
    }

    function complete(item) {
      const until = area.selectionStart;
      const from = area.value.slice(0, until).search(OPEN);
      const rest = /^\w*\s*\}{0,2}/.exec(area.value.slice(until))[0];
      put(item, from, until + (rest.endsWith("}") ? rest.length : 0));
    }

    function offer() {
      const begun = area.selectionStart === area.selectionEnd && OPEN.exec(area.value.slice(0, area.selectionStart));
      shown = begun ? items.filter((item) => item.text.slice(2, -2).includes(begun[1].toLowerCase())) : [];
      if (!shown.length) return close();
      list.replaceChildren(...shown.map((item, place) => {
        const option = Object.assign(document.createElement("li"), { id: `${list.id}-${place}` });
        option.setAttribute("role", "option");
        option.append(Object.assign(document.createElement("code"), { textContent: item.text }), ` ${item.label}`);
        option.addEventListener("mousedown", (event) => {
          event.preventDefault();
          complete(item);
        });
        return option;
      }));
      list.hidden = false;
      const at = caretOf(area);
      list.style.left = `${Math.max(0, Math.min(at.left, area.offsetWidth - list.offsetWidth))}px`;
      list.style.top = `${Math.max(0, Math.min(at.top, area.offsetHeight))}px`;
      area.setAttribute("aria-controls", list.id);
      mark(0);
      said.textContent = words.found.replace("#", shown.length);
    }

    const keys = {
      ArrowDown: () => mark(active + 1),
      ArrowUp: () => mark(active - 1),
      Enter: () => complete(shown[active]),
      Tab: () => complete(shown[active]),
      Escape: close,
    };
    area.addEventListener("keydown", (event) => {
      if (list.hidden || !keys[event.key] || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    });
    area.addEventListener("input", offer);
    area.addEventListener("blur", close);
    area.addEventListener("scroll", close);

    for (const item of items) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "message-put", textContent: item.text });
      button.addEventListener("mousedown", (event) => event.preventDefault()); // the text keeps its caret
      button.addEventListener("click", () => put(item, area.selectionStart, area.selectionEnd));
      item.code.replaceWith(button);
    }
  }

  function count(line) {
    const input = document.getElementById(line.dataset.countOf);
    const most = Number(line.dataset.most);
    const tell = () => {
      line.hidden = !input.value.length;
      line.textContent = line.dataset.words.replace("#", input.value.length);
      line.classList.toggle("count-over", input.value.length > most);
    };
    input.addEventListener("input", tell);
    tell();
  }

  document.querySelectorAll("[data-placeholders]").forEach(dress);
  document.querySelectorAll("[data-count-of]").forEach(count);
}
