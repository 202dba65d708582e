// How the dialog is closed: never while something is being sent, with a question where something was typed, and
// with the focus back at its opener.

import { DIALOG_DONE, OPEN_DIALOG } from "./events.js";

const dialog = document.getElementById("dialog");
const content = document.getElementById("dialog-content");
let opener = null;
let mayClose = false; // nothing is lost, or the person agreed

document.addEventListener(OPEN_DIALOG, (event) => {
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

document.addEventListener(DIALOG_DONE, (event) => {
  if (!dialog?.contains(event.target)) return; // sent from a message, behind it
  dialog.querySelector("[data-dialog-messages]").replaceChildren();
  mayClose = true;
  dialog.close();
});

// Esc is easily hit; what was typed is discarded only where the person agrees.
const mayDiscard = () =>
  !content.querySelector("form[data-typed]") || window.confirm("Discard what you typed?");

dialog?.addEventListener("cancel", (event) => {
  if (!event.cancelable) return; // it cannot be kept open here: the question follows when it has closed
  mayClose = !isSending() && mayDiscard();
  if (!mayClose) event.preventDefault();
});

// The opener may have been drawn anew while the dialog was open. One that stands in a menu is hidden, as the menu
// closed: its button is what opened it.
const restoreFocus = () => {
  if (document.activeElement !== document.body) return;
  const again =
    opener && (opener.isConnected ? opener : opener.id && document.getElementById(opener.id));
  const shown = again?.closest?.("details:not([open])")?.querySelector("summary") || again;
  (shown || document.getElementById("main")).focus({ preventScroll: true });
};

dialog?.addEventListener("close", () => {
  // A second Esc closes it without this event's consent.
  if (isSending() || !(mayClose || mayDiscard())) return dialog.showModal();
  mayClose = false;
  content.replaceChildren();
  const messages = dialog.querySelector("[data-dialog-messages]");
  document.getElementById("messages").append(...messages.querySelectorAll(".message"));
  messages.replaceChildren();
  setTimeout(restoreFocus);
});
