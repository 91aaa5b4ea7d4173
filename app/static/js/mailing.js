// Writing a message to a group, beyond what its form does without scripts: a template is put in without a new page.
"use strict";
{
  async function fill(button) {
    const form = button.form;
    const body = new FormData(form);
    body.set("step", button.value);
    const answer = await fetch(form.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const name of ["category", "subject", "body", "subject_en", "body_en"]) {
      const here = form.elements[name];
      const filled = page.getElementById(here?.id);
      if (filled && here.value !== filled.value) {
        here.value = filled.value;
        here.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
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
}
