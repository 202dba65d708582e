// How the dialog is left: never while something is being sent, not by the way with what was typed, and
// with the focus back at its opener.
(() => {
  "use strict";

  const dialog = document.getElementById("dialog");
  const content = document.getElementById("dialog-content");
  let opener = null;
  let mayClose = false; // nothing is lost, or the person said so

  document.addEventListener("console:open", (event) => {
    opener = event.target;
  });

  // What is being sent is not called back by closing: the dialog stays until its outcome is known.
  const isSending = () => content.querySelector("form[data-sending]") !== null;

  document.addEventListener("click", (event) => {
    const closing = event.target.closest("dialog [data-dialog-close]");
    if (!closing) return;
    event.preventDefault();
    if (isSending()) return;
    mayClose = true;
    closing.closest("dialog").close();
  });

  document.addEventListener("dialog-done", (event) => {
    if (!dialog?.contains(event.target)) return; // sent from a message, behind it
    dialog.querySelector("[data-dialog-messages]").replaceChildren();
    mayClose = true;
    dialog.close();
  });

  // Esc is easily hit; what was typed goes only where the person says so.
  const mayDiscard = () =>
    !content.querySelector("form[data-typed]") || window.confirm("Discard what you typed?");

  dialog?.addEventListener("cancel", (event) => {
    if (!event.cancelable) return; // it closes whatever is said now: asked at its end
    mayClose = !isSending() && mayDiscard();
    if (!mayClose) event.preventDefault();
  });

  // The opener may have been drawn anew while the dialog was open.
  const giveBack = () => {
    if (document.activeElement !== document.body) return;
    const again =
      opener && (opener.isConnected ? opener : opener.id && document.getElementById(opener.id));
    (again || document.getElementById("main")).focus({ preventScroll: true });
  };

  dialog?.addEventListener("close", () => {
    // A second Esc closes it whatever was said to the first, and asks nobody.
    if (isSending() || !(mayClose || mayDiscard())) return dialog.showModal();
    mayClose = false;
    content.replaceChildren();
    const said = dialog.querySelector("[data-dialog-messages]");
    document.getElementById("messages").append(...said.querySelectorAll(".message"));
    said.replaceChildren();
    setTimeout(giveBack);
  });
})();
