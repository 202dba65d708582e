// The search over everything: [data-palette] opens it, and Ctrl K, or Cmd K on a Mac. The focus stays in its field;
// `aria-activedescendant` says which line is chosen. What is typed is asked for by htmx (hx-get of the field).

import { ACTION_FAILED, AFTER_SWAP, ANNOUNCE, PALETTE_OPENED, emit } from "./events.js";
import { isMac, isTyping, nameOf } from "./keys.js";

const palette = document.getElementById("palette");
const field = document.getElementById("palette-field");
const place = document.getElementById("palette-results");
let waiting = null; // Enter came before the lines for what was typed: how to open the first one

const lines = () => [...place.querySelectorAll("[role='option']")];
const chosen = () => place.querySelector("[aria-selected='true']");
const isAnswered = () => place.querySelector("[data-go-asked]")?.dataset.goAsked === field.value;

const choose = (line) => {
  chosen()?.setAttribute("aria-selected", "false");
  line?.setAttribute("aria-selected", "true");
  line?.scrollIntoView({ block: "nearest" });
  if (line) field.setAttribute("aria-activedescendant", line.id);
  else field.removeAttribute("aria-activedescendant");
};

const step = (by) => {
  const all = lines();
  if (all.length) choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
};

// What is done with the ticked batches is done by the buttons of their bar.
const isSeen = (element) => element.getClientRects().length > 0;
const selected = () => [...document.querySelectorAll("[data-selected]")].find(isSeen);
const press = (act) => document.querySelector(`[data-act="${CSS.escape(act)}"]`)?.click();

const open = () => {
  palette.querySelector("[data-palette-selection]").value = selected()?.dataset.selected ?? "";
  palette.showModal();
  field.select();
  emit(PALETTE_OPENED, {}, field);
};

const openLine = (line, inNewTab) => {
  if (inNewTab && line.href) return window.open(line.href, "_blank", "noopener");
  line.click();
  if (line.dataset.copy) emit(ANNOUNCE, { words: "Copied." });
};

const enter = (inNewTab) => {
  waiting = null;
  if (!isAnswered()) waiting = { inNewTab }; // never a line of what was typed before
  else if (chosen()) openLine(chosen(), inNewTab);
};

const movesBy = { ArrowDown: 1, ArrowUp: -1 };
const onKey = (event) => {
  if (event.isComposing || event.altKey) return;
  if (event.key === "Enter") enter(event.ctrlKey || event.metaKey);
  else if (Object.hasOwn(movesBy, event.key)) step(movesBy[event.key]);
  else return;
  event.preventDefault();
};

// On a Mac Ctrl K deletes to the end of the line, where text is typed.
const isOurs = (event) => {
  if (nameOf(event).toLowerCase() !== "k" || event.altKey || event.shiftKey) return false;
  if (isMac) return event.metaKey || (event.ctrlKey && !isTyping(event.target));
  return event.ctrlKey && !event.metaKey;
};

const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

const nameCommands = (within) => {
  if (!isMac) return;
  for (const each of within.querySelectorAll("[data-command]")) each.textContent = "⌘";
};

const drawn = () => {
  nameCommands(place);
  choose(lines()[0]);
  field.setAttribute("aria-expanded", String(lines().length > 0));
  emit(ANNOUNCE, { words: place.querySelector("[data-go-words]")?.dataset.goWords });
  if (waiting && isAnswered()) enter(waiting.inNewTab);
};

if (palette) {
  const opener = document.querySelector("[data-palette]");
  opener.setAttribute("aria-haspopup", "dialog");
  if (isMac) opener.setAttribute("aria-keyshortcuts", "Meta+K");
  nameCommands(opener);
  document.addEventListener("keydown", (event) => {
    if (!isOurs(event) || document.querySelector("dialog[open]:not(#palette)")) return;
    event.preventDefault();
    if (palette.open) field.select();
    else open();
  });
  opener.addEventListener("click", (event) => {
    if (!isPlain(event)) return;
    event.preventDefault();
    open();
  });
  field.addEventListener("keydown", onKey);
  field.addEventListener("input", () => {
    waiting = null;
  });
  // Before dialogs.js hears of it: a form opens in place of this one, and gives the focus back where it was. Nor is
  // the search open when Back brings this page out of the browser's memory.
  palette.addEventListener("click", (event) => {
    const line = event.target.closest("a, [data-press]");
    if ((line && isPlain(event)) || event.target === palette) palette.close();
    if (line?.dataset.press) press(line.dataset.press);
  });
  document.addEventListener(AFTER_SWAP, (event) => {
    if (event.detail.target === place) drawn();
  });
  palette.addEventListener(ACTION_FAILED, (event) => {
    event.stopPropagation(); // a message would stand behind it
    waiting = null;
    const words = document.createElement("p");
    words.className = "go-words";
    words.textContent = `This could not be searched: ${event.detail.why}.`;
    place.replaceChildren(words);
    choose(null);
    emit(ANNOUNCE, { words: words.textContent });
  });
}
