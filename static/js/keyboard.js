// Single keys, off while one types or a dialog or a menu is open. The page loads this file only for people who have
// not switched shortcuts off (WCAG 2.1.4). What is bound stands in the help (`_shortcuts.html`) and nowhere else.

import { REFRESH_ASKED, emit } from "./events.js";
import { isTyping, nameOf } from "./keys.js";

const help = document.getElementById("shortcuts");
const one = (selector) => document.querySelector(selector);
const current = () => document.activeElement.closest("[data-row]");

// The focus is the cursor: Enter opens the row by itself, and every reader knows where it is.
const step = (by) => {
  const rows = [...document.querySelectorAll("[data-row]")];
  const at = rows.indexOf(current());
  const next = at < 0 ? rows[0] : rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  next?.querySelector("[data-row-link]").focus();
  next?.scrollIntoView({ block: "nearest" });
};

const ways = {
  focus: (target) => {
    target.focus();
    target.select();
  },
  click: (target) => target.click(),
  next: () => step(1),
  previous: () => step(-1),
  tick: () => current()?.querySelector("[type='checkbox']")?.click(),
  refresh: () => emit(REFRESH_ASKED),
  help: () => {
    showBound();
    help.showModal();
  },
};
const REPEATED = new Set(["next", "previous"]); // by holding the key

const lines = new Map();
for (const line of help.querySelectorAll("[data-shortcut]")) {
  lines.set(line.querySelector("kbd").textContent, line);
}

const isSeen = (element) => element.getClientRects().length > 0;
const isAlways = ({ dataset }) => ["refresh", "help"].includes(dataset.shortcut);
const targetOf = (key, line) => {
  const selector = line.dataset.target || `[aria-keyshortcuts~='${key}']`;
  return [...document.querySelectorAll(selector)].find((each) => isSeen(each) && !help.contains(each));
};

const showBound = () => {
  for (const [key, line] of lines) line.hidden = !isAlways(line) && !targetOf(key, line);
  for (const line of help.querySelectorAll("[data-with]")) line.hidden = !one(line.dataset.with);
};

document.addEventListener("keydown", (event) => {
  const key = nameOf(event);
  const line = lines.get(key);
  if (!line || event.ctrlKey || event.metaKey || event.altKey) return;
  const { shortcut } = line.dataset;
  if (event.repeat && !REPEATED.has(shortcut)) return;
  if (isTyping(event.target) || one("dialog[open], details[data-menu][open]")) return;
  if (document.documentElement.dataset.shortcuts === "off") return;
  const target = targetOf(key, line);
  if (!target && !isAlways(line)) return;
  event.preventDefault();
  ways[shortcut](target);
});

// The button of the frame opens it as well.
document.addEventListener(
  "click",
  (event) => {
    if (event.target.closest("[data-open='shortcuts']")) showBound();
  },
  true,
);
