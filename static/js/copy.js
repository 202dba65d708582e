// Copies data-copy. The clipboard API exists only on secure pages; an intranet on plain http has the old way.

const oldWay = (text, button) => {
  const area = document.createElement("textarea");
  const focused = document.activeElement;
  area.value = text;
  area.className = "visually-hidden";
  // Nothing outside an open dialog can be focused, and a menu closes when something outside it is.
  (button.closest("dialog, [data-menu]") || document.body).append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return copied;
};

const copy = async (text, button) => {
  if (!navigator.clipboard) return oldWay(text, button);
  return navigator.clipboard.writeText(text).then(
    () => true,
    () => oldWay(text, button),
  );
};

const show = (button, copied) => {
  const words = button.querySelector("[data-copy-words]") || button;
  words.dataset.label = words.dataset.label || words.textContent;
  words.textContent = copied ? "Copied" : "Could not copy";
  button.classList.toggle("is-copied", copied);
  clearTimeout(Number(button.dataset.copyTimer));
  button.dataset.copyTimer = setTimeout(() => {
    words.textContent = words.dataset.label;
    button.classList.remove("is-copied");
  }, 2000);
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  show(button, await copy(button.dataset.copy, button));
});
