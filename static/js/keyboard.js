// Single keys, off while one types or a dialog or a menu is open. The page loads this file only for people who have
// not switched shortcuts off (WCAG 2.1.4).

import { REFRESH_ASKED, emit } from "./events.js";

const one = (selector) => document.querySelector(selector);
const typing = (node) =>
  node.matches(
    "input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]",
  );
const current = () => document.activeElement.closest("[data-row]");

// The focus is the cursor: Enter opens the row by itself, and every reader knows where it is.
const step = (by) => {
  const rows = [...document.querySelectorAll("[data-row]")];
  const at = rows.indexOf(current());
  const next = at < 0 ? rows[0] : rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  next?.querySelector("[data-row-link]").focus();
  next?.scrollIntoView({ block: "nearest" });
};

const search = () => {
  one("[data-search]")?.focus();
  one("[data-search]")?.select();
};

const keys = {
  "/": search,
  j: () => step(1),
  k: () => step(-1),
  x: () => current()?.querySelector("input[type='checkbox']")?.click(),
  r: () => emit(REFRESH_ASKED),
  p: () => one("[data-pause]")?.click(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
};

// A layout without Latin letters has none of these keys: there the place on the keyboard counts.
const places = { KeyJ: "j", KeyK: "k", KeyX: "x", KeyR: "r", KeyP: "p", Slash: "/" };
const isLatin = (key) => /^[\p{Script=Latin}\p{P}\p{S}\p{N}]$/u.test(key);
const nameOf = (event) => {
  if (Object.hasOwn(keys, event.key) || event.key.length > 1 || isLatin(event.key))
    return event.key;
  return event.shiftKey && event.code === "Slash" ? "?" : (places[event.code] ?? event.key);
};

document.addEventListener("keydown", (event) => {
  const name = nameOf(event);
  const own = Object.hasOwn(keys, name) && keys[name];
  if (
    !own ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    (event.repeat && name !== "j" && name !== "k")
  )
    return;
  if (typing(event.target) || one("dialog[open], details[data-menu][open]")) return;
  if (document.documentElement.dataset.shortcuts === "off") return;
  event.preventDefault();
  own();
});
