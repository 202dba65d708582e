// What is ticked in this tab. The server keeps the names; the tab keeps the id they are kept under, and what the
// server has not confirmed yet, so that both survive paging, going back and a reload. The bar below the list shows it.

import { csrfToken } from "./csrf.js";
import { ANNOUNCE, ELEMENT_PLACED, SELECTED, SIGNED_OUT, TICKED, emit } from "./events.js";

const bar = document.querySelector("[data-selection]");
const place = `selection ${bar?.dataset.ref}`; // of one key
const MOST = 60_000; // characters that a request may have which outlives its page
let known = new Set(); // what is ticked, as the server said last
let isSending = false;

// Not crypto.randomUUID, which a page without TLS does not have.
const newId = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${text.slice(0, 12)}4${text.slice(13, 16)}8${text.slice(17)}`;
};
const fresh = () => ({ id: newId(), changes: new Map() });

// A browser may be set to keep nothing: then it is kept as long as the page is.
const restore = () => {
  try {
    const { id, changes } = JSON.parse(sessionStorage.getItem(place));
    return { id, changes: new Map(changes) };
  } catch {
    return null;
  }
};
const store = () => {
  try {
    const { id, changes } = kept;
    sessionStorage.setItem(place, JSON.stringify({ id, changes: [...changes] }));
  } catch {
    return;
  }
};
let kept = restore();

const chosen = ({ value }) => kept?.changes.get(value) ?? known.has(value);
const tellPage = () => emit(SELECTED, { chosen });

// The palette offers what can be done with the selection that the bar names.
const show = (count, hasNote) => {
  bar.dataset.selection = count === "0" ? "" : kept.id;
  bar.hidden = count === "0" && !hasNote;
};

const clear = () => {
  kept = fresh();
  known = new Set();
  store();
  tellPage();
  if (bar.contains(document.activeElement)) document.getElementById("main").focus({ preventScroll: true });
  show("0", false);
};

// Pieces of the answer take the places of those in the bar; a button in use is found again by its id.
const draw = (answer) => {
  const used = bar.contains(document.activeElement) && document.activeElement.id;
  for (const piece of answer.querySelectorAll("#selection-count, #selection-actions")) {
    document.getElementById(piece.id).replaceWith(piece);
    emit(ELEMENT_PLACED, {}, piece);
  }
  show(answer.dataset.count, Boolean(answer.dataset.note));
  if (used) document.getElementById(used)?.focus();
};

const apply = (answer, sent) => {
  for (const [id, ticked] of sent) {
    if (kept.changes.get(id) === ticked) kept.changes.delete(id);
  }
  known = new Set(answer.dataset.ticked.split(" ").filter(Boolean));
  store();
  draw(answer);
  tellPage();
};

const fail = (words) => {
  kept.changes.clear();
  store();
  tellPage(); // no box shows what the server does not have
  const note = document.createElement("span");
  note.className = "selection-note";
  note.textContent = words;
  document.querySelector("#selection-count .selection-note")?.remove();
  document.getElementById("selection-count").append(note);
  bar.hidden = false;
  emit(ANNOUNCE, { words });
};

const post = async (url, fields) => {
  const body = new URLSearchParams({ key: bar.dataset.ref, selection: kept.id, ...fields });
  const keepalive = body.toString().length < MOST;
  const headers = { "X-CSRFToken": csrfToken() ?? "", "HX-Request": "true" };
  const answer = await fetch(url, { method: "POST", headers, body, keepalive });
  if (answer.status === 204) emit(SIGNED_OUT);
  if (answer.status === 404) clear(); // it is kept no longer
  if (answer.status !== 200) throw new Error(answer.status);
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
  if (found?.dataset.ticked === undefined) throw new Error("no selection");
  return document.importNode(found, true);
};

const joined = (changes, ticked) => {
  const some = [...changes].filter(([, now]) => now === ticked);
  return some.map(([id]) => id).join(",");
};

// One request at a time, in the order of the clicks; while one is under way nothing is begun with the old names.
const send = async (url = bar.dataset.url) => {
  if (isSending) return;
  isSending = true;
  const { id } = kept;
  const sent = new Map(kept.changes);
  document.getElementById("selection-actions").inert = true;
  try {
    const answer = await post(url, { add: joined(sent, true), remove: joined(sent, false) });
    if (kept.id === id) apply(answer, sent);
    return answer.dataset;
  } catch {
    if (kept.id === id) fail("This was not kept, as the console gave no usable answer. Try again.");
  } finally {
    document.getElementById("selection-actions").inert = false;
    isSending = false;
    if (kept.changes.size) send();
  }
};

const say = (data) => data && emit(ANNOUNCE, { words: data.note || `${data.count} selected` });

document.addEventListener(TICKED, async (event) => {
  kept ??= fresh();
  for (const [id, ticked] of event.detail.changes) kept.changes.set(id, ticked);
  store();
  say(await send());
});

document.addEventListener("click", async (event) => {
  const all = event.target.closest("[data-select-all]");
  if (all && !isSending) {
    kept ??= fresh();
    all.setAttribute("aria-busy", "true");
    say(await send(all.dataset.selectAll));
    all.removeAttribute("aria-busy");
  } else if (event.target.closest("[data-selection-clear]")) {
    clear();
    emit(ANNOUNCE, { words: "Selection cleared" });
  }
});

// Last of all that Esc closes; on the way down, before a menu has closed itself.
const isElsewhere = (target) =>
  document.querySelector("dialog[open], details[data-menu][open], :popover-open") ||
  target.matches("input:not([type='checkbox']), textarea, select");

document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !bar || bar.hidden || isElsewhere(event.target)) return;
    clear();
    emit(ANNOUNCE, { words: "Selection cleared" });
  },
  true,
);

// Only a tab that has ticked something asks; a page that comes out of the browser's memory asks anew.
const look = () => {
  kept = restore() ?? kept;
  if (bar && kept) send();
};
look();
window.addEventListener("pageshow", (event) => event.persisted && look());
