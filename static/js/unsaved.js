// Marks a form in which something was typed (data-typed), and asks before the page is left with it: by Back,
// by a reload, by a link, by closing the tab. The dialog asks for itself, in dialog-close.js.

import { AFTER_SWAP, BEFORE_SWAP } from "./events.js";

const differs = (field) => {
  if (field.type === "checkbox" || field.type === "radio")
    return field.checked !== field.defaultChecked;
  if (field.options)
    return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.type !== "hidden" && field.value !== (field.defaultValue ?? field.value);
};

// A select without a default shows its first choice, which nobody has chosen.
const isUntouched = (field) =>
  field.options && field.selectedIndex === 0 && !field.querySelector("option[selected]");

const mark = (form) => {
  const typed = [...form.elements].some((field) => differs(field) && !isUntouched(field));
  form.toggleAttribute("data-typed", typed || form.dataset.redrawn !== undefined);
};

const onTyping = (event) => {
  const form = event.target.form;
  if (form?.method === "post") mark(form);
};
document.addEventListener("input", onTyping);
document.addEventListener("change", onTyping);

// A form drawn again has what was typed as its own values.
let wasTyped = false;
document.addEventListener(BEFORE_SWAP, (event) => {
  const { target } = event.detail;
  if (!target.matches?.("#dialog-content > *")) return;
  wasTyped = Boolean(target.querySelector("form[data-typed]"));
});
document.addEventListener(AFTER_SWAP, () => {
  if (!wasTyped) return;
  wasTyped = false;
  for (const form of document.querySelectorAll("#dialog-content form[method='post']")) {
    form.dataset.redrawn = "";
    mark(form);
  }
});

window.addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-typed]:not([data-sending])")) event.preventDefault();
});
