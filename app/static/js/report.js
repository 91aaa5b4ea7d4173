// A report, beyond what its form does without scripts: a template is put behind what was typed without a new page (so that chosen files
// stay), and a file that is too large is named before it is sent.
"use strict";
{
  const TOO_MANY = 5;
  const LARGEST = 10_000_000;

  async function fill(button) {
    const form = button.form;
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    body.set("step", button.value);
    const answer = await fetch(form.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const area of form.querySelectorAll("textarea")) {
      const filled = page.getElementById(area.id);
      if (filled && area.value !== filled.value) area.value = filled.value;
    }
    for (const box of form.querySelectorAll('[name="kinds"]')) box.checked = page.getElementById(box.id)?.checked ?? box.checked;
    const refusal = page.querySelector(".form .notice-attention div")?.textContent.trim();
    form.querySelector("[data-filled]").textContent = refusal || button.dataset.fill;
    form.dispatchEvent(new Event("change", { bubbles: true })); // the draft is kept with it
  }

  for (const button of document.querySelectorAll("[data-fill]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      fill(button).catch(() => button.form.requestSubmit(button));
    });
  }

  for (const input of document.querySelectorAll('.form input[type="file"]')) {
    input.addEventListener("change", () => {
      const large = [...input.files].find((file) => file.size > LARGEST);
      const { tooLarge, tooMany } = input.dataset;
      input.setCustomValidity(large ? tooLarge.replace("#", large.name) : input.files.length > TOO_MANY ? tooMany : "");
      input.reportValidity();
    });
    input.form.addEventListener("submit", (event) => input.validity.customError && (event.preventDefault(), input.reportValidity()), true);
  }

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}
