// The table of steps: rows are added, moved and removed by buttons, and numbered from top to bottom.
"use strict";
for (const box of document.querySelectorAll("[data-steps]")) {
  const words = JSON.parse(box.dataset.words);
  const body = box.querySelector("tbody");
  const empty = body.lastElementChild.cloneNode(true);

  const number = () => [...body.rows].forEach((row, at) => (row.cells[0].firstElementChild.value = at + 1));

  function button(text, sign, act) {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm btn-ghost", textContent: sign, title: text });
    made.setAttribute("aria-label", text);
    made.addEventListener("click", act);
    return made;
  }

  function dress(row) {
    row.cells[0].hidden = true; // the place follows from where it stands
    const cell = row.insertCell();
    cell.className = "plan-buttons";
    const stay = (act) => (event) => {
      act();
      number();
      if (event.target.isConnected) event.target.focus();
    };
    cell.append(
      button(words.up, "↑", stay(() => row.previousElementSibling?.before(row))),
      button(words.down, "↓", stay(() => row.nextElementSibling?.after(row))),
      button(words.away, "×", stay(() => {
        const near = row.nextElementSibling ?? row.previousElementSibling;
        if (!near) return;
        row.remove();
        near.querySelector("[name=steps-title]").focus();
      })),
    );
  }

  for (const row of [...body.rows]) if (row.querySelector("[name=steps-title]").value || row === body.rows[0]) dress(row); else row.remove();
  const heads = box.querySelector("thead tr");
  heads.cells[0].hidden = true;
  heads.append(document.createElement("td"));
  const more = button(words.more, words.more, () => {
    const row = empty.cloneNode(true);
    body.append(row);
    dress(row);
    number();
    row.querySelector("[name=steps-title]").focus();
  });
  more.classList.remove("btn-ghost");
  more.removeAttribute("title");
  box.after(more);
}
