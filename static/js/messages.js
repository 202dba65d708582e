// Messages stay until they are dismissed. Those of success go by themselves: Operations keeps their outcome.
// An action that got no usable answer adds a message of its own.

import { ACTION_FAILED, BEFORE_REQUEST } from "./events.js";

const place = () =>
  document.querySelector("dialog[open] [data-dialog-messages]") ||
  document.getElementById("messages");

const sentence = ({ why, wrote, refused }) => {
  if (!wrote) return `This could not be loaded: ${why}. Nothing was changed; try again.`;
  if (refused) return `Refused: ${why}. Nothing was done.`;
  const unknown = "It is not known whether this was done; look under Operations before sending it again.";
  return `No usable answer: ${why}. ${unknown}`;
};

document.addEventListener(ACTION_FAILED, (event) => {
  const message = document.createElement("div");
  message.className = "message message--error";
  const words = document.createElement("div");
  words.className = "message-text";
  words.textContent = sentence(event.detail);
  const button = document.createElement("button");
  button.className = "button button--quiet";
  button.type = "button";
  button.dataset.dismiss = "";
  button.textContent = "Dismiss";
  message.append(words, button);
  place().append(message);
});

// A message that follows a write is replaced by its answer: not while the focus is in it.
document.addEventListener(BEFORE_REQUEST, (event) => {
  const message = event.target.closest?.("[data-follow]")?.closest(".message");
  if (message?.contains(document.activeElement)) event.preventDefault();
});

// Not while somebody reads it, and not where it offers to set a priority back.
const STAYS = 10_000;
const isRead = (message) =>
  document.hidden || message.matches(":hover") || message.contains(document.activeElement);
const removeLater = (message) => {
  setTimeout(() => (isRead(message) ? removeLater(message) : message.remove()), STAYS);
};
const removeIfSuccess = (node) => {
  if (node.matches?.(".message--success") && !node.querySelector("form")) removeLater(node);
};

// More of them than there is room for: the newest is the one to see.
const all = document.getElementById("messages");
if (all) {
  const showNewest = () => all.scrollTo({ top: all.scrollHeight });
  const noteNew = (changes) => {
    showNewest();
    for (const { addedNodes } of changes) addedNodes.forEach(removeIfSuccess);
  };
  for (const message of all.children) removeIfSuccess(message);
  new MutationObserver(noteNew).observe(all, { childList: true });
}

document.addEventListener("click", (event) => {
  const message = event.target.closest("[data-dismiss]")?.closest(".message");
  if (!message || message.querySelector("form[data-sending]")) return; // its answer is to be read here
  message.remove();
  if (document.activeElement !== document.body) return;
  const next =
    document.querySelector("dialog[open] :is(a, button)") ||
    document.querySelector("[data-dismiss]") ||
    document.getElementById("main");
  next.focus({ preventScroll: true });
});
