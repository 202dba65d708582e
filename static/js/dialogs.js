// Links with data-dialog show their page's piece in the one <dialog>. Without this file they are plain
// links. Focus starts where the piece says (autofocus: Cancel) and goes back to the opener.
(() => {
  "use strict";

  const dialog = document.getElementById("dialog");
  const content = document.getElementById("dialog-content");
  let opener = null;
  // What is being sent is not called back by closing: the dialog stays until its outcome is known.
  const isSending = () => content.querySelector("form[data-sending]") !== null;

  const plain = (event) =>
    event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

  const open = (event, link) => {
    opener = link;
    const detail = { url: link.href, target: "#dialog-content" };
    const asked = new CustomEvent("console:open", { bubbles: true, cancelable: true, detail });
    if (!link.dispatchEvent(asked)) event.preventDefault(); // somebody took it
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (link && plain(event)) open(event, link);
    const own = event.target.closest("[data-open]");
    if (own) document.getElementById(own.dataset.open)?.showModal();
    const closing = event.target.closest("dialog [data-dialog-close]");
    if (closing) {
      event.preventDefault();
      if (!isSending()) closing.closest("dialog").close();
    }
  });

  document.addEventListener("console:swapped", (event) => {
    if (event.detail.target !== content || dialog.open || !content.firstElementChild) return;
    dialog.showModal();
  });

  // A form drawn again has its first bad field marked with autofocus; else the field itself will do.
  document.addEventListener("console:swapped", () => {
    if (!dialog?.open || content.contains(document.activeElement)) return;
    content.querySelector("[autofocus], [aria-invalid='true'], a, button")?.focus();
  });

  document.addEventListener("dialog-done", (event) => {
    if (!dialog?.contains(event.target)) return; // sent from a message, behind it
    dialog.querySelector("[data-dialog-messages]").replaceChildren();
    dialog.close();
  });

  // The opener may have been drawn anew while the dialog was open.
  const giveBack = () => {
    if (document.activeElement !== document.body) return;
    const again =
      opener && (opener.isConnected ? opener : opener.id && document.getElementById(opener.id));
    (again || document.getElementById("main")).focus({ preventScroll: true });
  };

  const isTyped = (field) =>
    field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.defaultValue !== undefined && field.value !== field.defaultValue;

  // Esc is easily hit; what was typed goes only where the person says so.
  dialog?.addEventListener("cancel", (event) => {
    if (isSending()) return event.preventDefault();
    const typed = [...content.querySelectorAll("input:not([type=hidden]), textarea")].some(isTyped);
    if (typed && !window.confirm("Discard what you typed?")) event.preventDefault();
  });

  dialog?.addEventListener("close", () => {
    if (isSending()) return dialog.showModal(); // a second Esc closes it whatever was said to the first
    content.replaceChildren();
    const said = dialog.querySelector("[data-dialog-messages]");
    document.getElementById("messages").append(...said.querySelectorAll(".message"));
    said.replaceChildren();
    setTimeout(giveBack);
  });
})();
