// A form with data-once is sent once: its buttons lock until an answer came, with htmx and without.
// Every form sends the CSRF token of now, not that of when the page was drawn.

import { csrfToken } from "./csrf.js";
import { AFTER_REQUEST, AFTER_SWAP } from "./events.js";

// None of the forms of a sheet or a message, nor the way out of it, while one of them is sent: what
// reads as cancelled must not be done.
const around = (form) => form.closest(".sheet, .message") || form;
const parts = (form) =>
  around(form).querySelectorAll(
    "button:not([type='button']), [data-dismiss], dialog [data-dialog-close]",
  );
const isSending = (form) =>
  form.dataset.sending !== undefined || around(form).querySelector("form[data-sending]");

const lock = (form, submitter) => {
  form.dataset.sending = "";
  for (const part of parts(form)) part.setAttribute("aria-disabled", "true");
  submitter?.setAttribute("aria-busy", "true");
  if (!submitter?.closest(".sheet")) return;
  submitter.dataset.words = submitter.textContent;
  submitter.textContent = "Sending…";
};

const unlock = (form) => {
  delete form.dataset.sending;
  for (const part of parts(form)) {
    part.removeAttribute("aria-disabled");
    part.removeAttribute("aria-busy");
    if (part.dataset.words) part.textContent = part.dataset.words;
  }
};

const renewToken = (form) => {
  const field = form.elements.namedItem("csrfmiddlewaretoken");
  const token = csrfToken();
  if (field && token) field.value = token;
};

// On the way down, before htmx and the browser see it.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (isSending(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    renewToken(form);
    if (form.dataset.once !== undefined) lock(form, event.submitter);
  },
  true,
);

document.addEventListener(AFTER_REQUEST, (event) => {
  const form = event.target.closest?.("form[data-sending]");
  if (form) unlock(form);
});

// A check of the name as it is now replaces the words about the one that was refused.
document.addEventListener(AFTER_SWAP, (event) => {
  const field = event.detail.target?.matches?.("#name-advice:has(p)")
    ? document.getElementById("id_name")
    : null;
  if (!field?.hasAttribute("aria-invalid")) return;
  field.removeAttribute("aria-invalid");
  field.removeAttribute("aria-describedby");
  for (const words of field.parentElement.querySelectorAll(".field-error, p.small")) words.remove();
});

// Back brings a page out of the browser's memory as it was left: locked.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sending]").forEach(unlock);
});
