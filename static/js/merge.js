// What a poll brings is put in by element id and disturbs nobody: an unchanged element is left alone, one that is in
// use (focus, selected text, an open <details>, a pressed button) waits until it is not, a changed one
// lights up briefly.

import { BEFORE_MERGE, ELEMENT_PLACED, emit } from "./events.js";

const pending = new Map(); // id → the newest version of an element that was in use
let pressed = null; // a click needs the same element under both of its ends
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

// As the server sent it, without what this page's scripts added since.
const asSent = (element) => {
  const copy = element.cloneNode(true);
  for (const node of [copy, ...copy.querySelectorAll("[class], [aria-busy], time[data-age]")]) {
    node.removeAttribute("aria-busy");
    if (node.matches("time[data-age]")) node.replaceChildren();
    const kept = [...node.classList].filter(
      (name) => name !== "is-changed" && !name.startsWith("htmx-"),
    );
    if (kept.length) node.setAttribute("class", kept.join(" "));
    else node.removeAttribute("class");
  }
  return copy;
};
const same = (target, fresh, inner) =>
  inner
    ? asSent(target).innerHTML === asSent(fresh).innerHTML
    : asSent(target).isEqualNode(asSent(fresh));

const inUse = (target) => {
  const selection = document.getSelection();
  const selected = selection.rangeCount && !selection.isCollapsed;
  return (
    target.contains(document.activeElement) ||
    (selected && selection.getRangeAt(0).intersectsNode(target)) ||
    target.querySelector("details[open]") !== null
  );
};

const isNow = (target) => target.hasAttribute("data-merge-now");
const waits = (target) => target.contains(pressed) || (!isNow(target) && inUse(target));

const highlight = (target, fresh) => {
  if (still.matches || fresh.hidden) return; // nothing of it is seen
  if (target.closest("[data-live]")) fresh.classList.add("is-changed");
};

// A band must not outlive its truth, even while its own button has the focus.
const takeOver = (target, fresh) => {
  fresh.setAttribute("data-merge-now", "");
  const stop = document.activeElement;
  if (!target.contains(stop)) return;
  setTimeout(() => {
    if (document.activeElement !== document.body) return;
    const again = stop.id && document.getElementById(stop.id);
    (again || document.getElementById("main")).focus({ preventScroll: true });
  });
};

document.addEventListener(BEFORE_MERGE, (event) => {
  const { target, fresh, inner } = event.detail;
  if (!fresh || !target.id || fresh.id !== target.id) return; // appended, not merged
  if (isNow(target)) takeOver(target, fresh);
  pending.delete(target.id);
  if (same(target, fresh, inner)) {
    event.preventDefault();
  } else if (waits(target)) {
    pending.set(target.id, { fresh: fresh.cloneNode(true), inner });
    event.preventDefault();
  } else if (!inner) {
    highlight(target, fresh);
  }
});

const putIn = (target, fresh, inner) => {
  if (inner) {
    target.replaceChildren(...fresh.childNodes);
  } else {
    highlight(target, fresh);
    target.replaceWith(fresh);
  }
  const placed = inner ? target : fresh;
  emit(ELEMENT_PLACED, {}, placed);
};

const release = () => {
  for (const [id, { fresh, inner }] of pending) {
    const target = document.getElementById(id);
    if (target && waits(target)) continue;
    pending.delete(id);
    if (!target) continue;
    if (isNow(target)) takeOver(target, fresh);
    putIn(target, fresh, inner);
  }
};
const releaseSoon = () => pending.size && setTimeout(release);
document.addEventListener("focusout", releaseSoon);
document.addEventListener("selectionchange", releaseSoon);
document.addEventListener("toggle", releaseSoon, true);

document.addEventListener("pointerdown", (event) => {
  pressed = event.target;
});
for (const end of ["pointerup", "pointercancel", "dragend"]) {
  document.addEventListener(end, () => {
    pressed = null;
    releaseSoon();
  });
}

document.addEventListener("animationend", (event) => {
  if (event.animationName === "changed") event.target.classList.remove("is-changed");
});
