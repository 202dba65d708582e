// Links with data-dialog show their page's piece in the one <dialog>. Without this file they are plain
// links. Only the link that was clicked last opens it, once: an answer that comes late is let fall.

import { AFTER_REQUEST, AFTER_SWAP, BEFORE_SWAP, OPEN_DIALOG, emit } from "./events.js";

const dialog = document.getElementById("dialog");
const content = document.getElementById("dialog-content");
let wanted = null; // the link whose piece is awaited

const plain = (event) =>
  event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

const expectNothing = () => {
  wanted?.removeAttribute("aria-busy");
  wanted = null;
};

const open = (event, link) => {
  if (link === wanted) return event.preventDefault(); // it is on its way
  const detail = { url: link.href, target: "#dialog-content" };
  if (emit(OPEN_DIALOG, detail, link)) return;
  event.preventDefault(); // it is being fetched
  expectNothing();
  wanted = link;
  link.setAttribute("aria-busy", "true");
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (link && plain(event)) open(event, link);
  const own = event.target.closest("[data-open]");
  if (own) document.getElementById(own.dataset.open)?.showModal();
});

document.addEventListener(BEFORE_SWAP, (event) => {
  const { target, source } = event.detail;
  if (target === content && (dialog.open || source !== wanted)) event.preventDefault();
});

document.addEventListener(AFTER_REQUEST, (event) => {
  if (event.detail.source === wanted) expectNothing();
});

document.addEventListener(AFTER_SWAP, (event) => {
  if (event.detail.target !== content || dialog.open || !content.firstElementChild) return;
  dialog.showModal();
});

// Focus starts where the piece says (autofocus: Cancel). A form drawn again has its first bad field
// marked so; else a link or a field will do, never a button, which might send.
document.addEventListener(AFTER_SWAP, () => {
  if (!dialog?.open || content.contains(document.activeElement)) return;
  content
    .querySelector("[autofocus], [aria-invalid='true'], a, input:not([type='hidden'])")
    ?.focus();
});
