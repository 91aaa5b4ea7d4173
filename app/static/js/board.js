// The status board: cards are moved by dragging, by their menu and by keyboard, and what colleagues do is shown without asking. Without
// this script a card's menu is a link to a form, "more" and the columns of a phone are links too.
"use strict";
{
  const board = document.querySelector("[data-board]");
  const words = JSON.parse(board.dataset.words);
  const voice = document.querySelector("[data-said]");
  const menu = document.querySelector("#board-menu");
  const ask = document.querySelector("#board-ask");
  const drawn = new Map(); // the HTML of each column as it came
  let last = ""; // the card that was moved last: it stays in sight
  let dragged, opener, move;

  const laneOf = (name) => document.getElementById(name);
  const columnOf = (slip) => slip.closest(".board-lane").id;
  const labelOf = (name) => laneOf(name).querySelector(".board-head span").textContent;
  const nameOf = (slip) => slip.querySelector("[data-name]").textContent;
  const slips = (within = board) => [...within.querySelectorAll(".slip")];
  const slipOf = (id) => board.querySelector(`.slip[data-id="${id}"]`);
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);

  function say(text, wrong = false) {
    voice.textContent = text;
    voice.classList.toggle("wrong", wrong);
  }

  // --- the columns as the server sends them ---
  function focused() {
    const slip = document.activeElement?.closest?.(".slip");
    return slip && { id: slip.dataset.id, part: document.activeElement.matches("[data-move]") ? "[data-move]" : "[data-name]" };
  }
  const focus = (at) => slipOf(at.id)?.querySelector(at.part)?.focus({ preventScroll: true });

  function draw(columns) {
    const had = focused();
    for (const [name, html] of Object.entries(columns)) {
      if (drawn.get(name) === html) continue;
      drawn.set(name, html);
      const lane = document.createRange().createContextualFragment(html).firstElementChild;
      laneOf(name).replaceWith(lane);
      const option = document.querySelector(`[data-switch] option[value="${name}"]`);
      option.textContent = `${labelOf(name)} · ${lane.querySelector("[data-total]").dataset.total}`;
    }
    show(board.dataset.column);
    arm();
    if (had && !board.contains(document.activeElement)) focus(had);
  }

  function arm() {
    for (const link of menu ? board.querySelectorAll("[data-move]") : []) link.setAttribute("aria-haspopup", "menu");
  }

  function show(column) {
    board.dataset.column = column;
    for (const lane of board.querySelectorAll(".board-lane")) lane.classList.toggle("shown", lane.id === column);
  }
  document.querySelector("[data-switch]").addEventListener("change", (event) => show(event.target.value));
  addEventListener("pageshow", () => show(document.querySelector("[data-switch]").value));

  async function fetched(url, options = {}) {
    const answer = await fetch(url, { ...options, headers: { "X-Board": "1", "X-Board-Visit": board.dataset.visit ?? "", ...options.headers } });
    if (answer.redirected) throw new Error(words.out);
    const isOurs = answer.headers.get("Content-Type")?.startsWith("application/json");
    const said = isOurs ? await answer.json() : {};
    if (said.visit) board.dataset.visit = said.visit;
    return { status: answer.status, isOurs, ...said };
  }

  // --- what colleagues do ---
  const news = () => {
    const query = new URLSearchParams(last ? { vast: last } : {});
    return board.dataset.news + (board.dataset.news.includes("?") ? "&" : "?") + query;
  };

  const isBusy = () => dragged || move || menu?.matches(":popover-open") || ask?.open;

  async function refresh() {
    if (document.hidden || isBusy()) return;
    const seen = board.dataset.visit;
    try {
      const answer = await fetched(news());
      if (answer.status === 204) return;
      if (isBusy()) return void (board.dataset.visit = seen); // not drawn, so it is news the next time too
      if (!answer.columns) throw new Error(words.still);
      const before = new Map(slips().map((slip) => [slip.dataset.id, [columnOf(slip), nameOf(slip)]]));
      draw(answer.columns);
      tell(before);
    } catch (problem) {
      if (problem.message === words.out) clearInterval(timer);
      say(problem instanceof TypeError ? words.still : problem.message, true);
    }
  }

  function tell(before) {
    const told = [];
    for (const slip of board.querySelectorAll(".slip.moved")) slip.classList.remove("moved");
    for (const [id, [column, name]] of before) {
      const slip = slipOf(id);
      if (slip && columnOf(slip) === column) continue;
      slip?.classList.add("moved");
      told.push(slip ? filled(words.moved, { name, column: labelOf(columnOf(slip)) }) : filled(words.gone, { name, column: labelOf(column) }));
    }
    if (told.length) say(told.length > 3 ? filled(words.many, { number: told.length }) : told.join(" "));
  }

  const timer = board.dataset.news && setInterval(refresh, board.dataset.seconds * 1000);
  if (timer) document.addEventListener("visibilitychange", refresh);

  // --- more of a column ---
  board.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-more]");
    if (!link || !timer || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const url = new URL(link.href);
    const news = new URL(board.dataset.news, location.href);
    const from = slips(laneOf(link.dataset.more)).length;
    news.searchParams.delete("meer");
    for (const more of url.searchParams.getAll("meer")) news.searchParams.append("meer", more);
    board.dataset.news = news.pathname + news.search;
    news.searchParams.append("toon", link.dataset.more);
    try {
      const answer = await fetched(news);
      if (!answer.columns) return location.assign(link.href);
      draw(answer.columns);
      slips(laneOf(link.dataset.more))[from]?.querySelector("[data-name]").focus();
    } catch {
      location.assign(link.href);
    }
  });

  // --- a move ---
  function start(slip, to) {
    const from = columnOf(slip);
    if (move || slip.hasAttribute("aria-busy")) return;
    if (from === to) return say(filled(words.already, { name: nameOf(slip), column: labelOf(to) }));
    move = { id: slip.dataset.id, name: nameOf(slip), from, to, seq: slip.dataset.seq };
    slip.setAttribute("aria-busy", "true");
    send();
  }

  async function send(asked) {
    const body = new FormData(ask.querySelector("form"));
    for (const [name, value] of Object.entries({ to: move.to, from: move.from, version: move.seq })) body.set(name, value);
    if (asked) body.set("asked", "1");
    let answer;
    try {
      const url = new URL(slipOf(move.id).querySelector("[data-move]").href);
      url.search = new URL(board.dataset.news, location.href).search;
      answer = await fetched(url, { method: "POST", body });
    } catch (problem) {
      return finish(problem instanceof TypeError ? words.failed : problem.message, true);
    }
    if (answer.ask) return question(answer);
    if (answer.columns) {
      last = move.id;
      draw(answer.columns);
      return finish(answer.said, answer.status === 409);
    }
    finish(answer.said ?? { 400: words.old, 403: words.refused, 404: words.missing }[answer.status] ?? words.failed, true);
  }

  function finish(said, wrong) {
    const { id, from } = move;
    move = undefined;
    if (ask.open) ask.close();
    ask.querySelector("form").reset();
    const slip = slipOf(id);
    for (const other of board.querySelectorAll(".moved")) other.classList.remove("moved");
    if (slip) {
      slip.removeAttribute("aria-busy");
      if (columnOf(slip) !== from) slip.classList.add("moved");
      if (wrong) slip.append(Object.assign(document.createElement("p"), { className: "slip-note", textContent: said }));
      slip.scrollIntoView({ block: "nearest", inline: "nearest" });
      slip.querySelector("[data-move]").focus({ preventScroll: true });
    }
    say(said, wrong);
  }

  function question(answer) {
    for (const field of ask.querySelectorAll("[data-field]")) field.hidden = !answer.ask.includes(field.dataset.field);
    ask.querySelector("[data-title]").textContent = move.name;
    ask.querySelector("[data-to-words]").textContent = `${labelOf(move.from)} → ${labelOf(move.to)}`;
    ask.querySelector("[data-optional]").hidden = answer.ask.length === 1 && Boolean(answer.said);
    const wrong = ask.querySelector("[data-wrong]");
    wrong.hidden = !answer.said;
    wrong.textContent = [answer.said, ...Object.values(answer.wrong ?? {})].join(" ");
    ask.querySelector("[type=submit]").disabled = false;
    if (!ask.open) ask.showModal();
    ask.querySelector("[data-field]:not([hidden]) :is(input, select)").focus();
  }

  if (ask) {
    ask.addEventListener("submit", (event) => {
      event.preventDefault();
      ask.querySelector("[type=submit]").disabled = true;
      send(true);
    });
    ask.addEventListener("close", () => move && finish("", false)); // Escape, or the button
    ask.querySelector("[data-cancel]").addEventListener("click", () => ask.close());
    const until = ask.querySelector("#ask-until");
    const native = ask.querySelector("[data-native]");
    for (const day of ask.querySelectorAll("[data-day]")) day.addEventListener("click", () => (until.value = day.dataset.day));
    ask.querySelector("[data-calendar]").addEventListener("click", () => native.showPicker());
    native.addEventListener("change", () => (until.value = native.value.split("-").reverse().join("-")));
  }

  // --- by dragging ---
  const targetOf = (event) => dragged && event.target.closest?.("[data-drop]");
  function over(target) {
    for (const one of document.querySelectorAll(".over")) one.classList.remove("over");
    if (target && target.dataset.drop !== columnOf(dragged)) target.classList.add("over");
  }
  board.addEventListener("dragstart", (event) => {
    const slip = event.target.closest?.(".slip[draggable]");
    if (!slip) return;
    dragged = slip;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", slip.dataset.number);
    slip.classList.add("dragged");
    setTimeout(() => (board.dataset.dragging = "")); // a page that changes at once stops the drag
  });
  document.addEventListener("dragover", (event) => {
    const target = targetOf(event);
    if (!target) return;
    event.preventDefault();
    over(target);
  });
  document.addEventListener("drop", (event) => {
    const target = targetOf(event);
    if (!target) return;
    event.preventDefault();
    start(dragged, target.dataset.drop);
  });
  document.addEventListener("dragend", () => {
    over();
    dragged?.classList.remove("dragged");
    dragged = undefined;
    delete board.dataset.dragging;
  });

  // --- by the menu ---
  const items = () => [...menu.querySelectorAll("[data-to]:not([aria-disabled])")];
  function open(button) {
    const slip = button.closest(".slip");
    const here = columnOf(slip);
    for (const item of menu.querySelectorAll("[data-to]")) {
      item.toggleAttribute("aria-disabled", item.dataset.to === here);
      if (item.dataset.to === here) item.setAttribute("aria-disabled", "true");
      item.querySelector(".board-menu-here").hidden = item.dataset.to !== here;
    }
    menu.querySelector("[data-who]").textContent = nameOf(slip);
    opener = button;
    menu.showPopover();
    const at = button.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(at.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
    items()[0].focus();
  }

  if (menu) {
    arm();
    board.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(button);
    });
    menu.addEventListener("toggle", (event) => {
      opener.setAttribute("aria-expanded", String(event.newState === "open"));
      if (event.newState === "closed" && menu.contains(document.activeElement)) opener.focus();
    });
    menu.addEventListener("click", (event) => {
      const item = event.target.closest("[data-to]:not([aria-disabled])");
      if (!item) return;
      const slip = opener.closest(".slip");
      menu.hidePopover();
      start(slip, item.dataset.to);
    });
    menu.addEventListener("keydown", (event) => {
      const all = items();
      const now = all.indexOf(document.activeElement);
      const letter = all.find((item) => event.key.length === 1 && item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
      const to = { ArrowDown: all[(now + 1) % all.length], ArrowUp: all.at(now - 1), Home: all[0], End: all.at(-1) }[event.key] ?? (event.key === " " ? null : letter);
      if (to) {
        event.preventDefault();
        to.focus();
      } else if (event.key === "Tab" || event.key === "Escape") {
        event.preventDefault();
        menu.hidePopover();
        opener.focus();
      }
    });
  }

  // --- by the arrows: from card to card, and to the column beside it ---
  board.addEventListener("keydown", (event) => {
    const slip = event.target.closest(".slip");
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!slip || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const part = event.target.matches("[data-move]") ? "[data-move]" : "[data-name]";
    const own = slips(slip.closest(".board-lane"));
    const lanes = [...board.querySelectorAll(".board-lane")].filter((lane) => lane.querySelector(".slip") && lane.checkVisibility());
    const beside = lanes[lanes.indexOf(slip.closest(".board-lane")) + step[1]];
    const next = step[0] ? own[own.indexOf(slip) + step[0]] : beside && slips(beside)[Math.min(own.indexOf(slip), slips(beside).length - 1)];
    next?.querySelector(part)?.focus();
    next?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  const print = document.querySelector("[data-print]");
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
