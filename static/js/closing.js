// How the dialog is left: never while something is being sent, not by the way with what was typed, and
// with the focus back at its opener.
(() => {
  "use strict";

  const dialog = document.getElementById("dialog");
  const content = document.getElementById("dialog-content");
  let opener = null;

  document.addEventListener("console:open", (event) => {
    opener = event.target;
  });

  // What is being sent is not called back by closing: the dialog stays until its outcome is known.
  const isSending = () => content.querySelector("form[data-sending]") !== null;

  document.addEventListener("click", (event) => {
    const closing = event.target.closest("dialog [data-dialog-close]");
    if (!closing) return;
    event.preventDefault();
    if (!isSending()) closing.closest("dialog").close();
  });

  document.addEventListener("dialog-done", (event) => {
    if (!dialog?.contains(event.target)) return; // sent from a message, behind it
    dialog.querySelector("[data-dialog-messages]").replaceChildren();
    dialog.close();
  });

  const isTyped = (field) =>
    field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.defaultValue !== undefined && field.value !== field.defaultValue;

  // A sheet drawn again holds what was typed as if it had come with it.
  let typedBefore = false;
  const hasTyped = () =>
    typedBefore ||
    [...content.querySelectorAll("input:not([type=hidden]), textarea")].some(isTyped);

  document.addEventListener("console:swapping", (event) => {
    if (event.detail.target.matches?.("#dialog-content > *")) typedBefore = hasTyped();
  });

  // Esc is easily hit; what was typed goes only where the person says so.
  dialog?.addEventListener("cancel", (event) => {
    if (isSending()) return event.preventDefault();
    if (hasTyped() && !window.confirm("Discard what you typed?")) event.preventDefault();
  });

  // The opener may have been drawn anew while the dialog was open.
  const giveBack = () => {
    if (document.activeElement !== document.body) return;
    const again =
      opener && (opener.isConnected ? opener : opener.id && document.getElementById(opener.id));
    (again || document.getElementById("main")).focus({ preventScroll: true });
  };

  dialog?.addEventListener("close", () => {
    if (isSending()) return dialog.showModal(); // a second Esc closes it whatever was said to the first
    content.replaceChildren();
    typedBefore = false;
    const said = dialog.querySelector("[data-dialog-messages]");
    document.getElementById("messages").append(...said.querySelectorAll(".message"));
    said.replaceChildren();
    setTimeout(giveBack);
  });
})();
