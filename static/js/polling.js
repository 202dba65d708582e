// When the page may ask for news: [data-poll] the poller, [data-pause], [data-refresh] a person's own request,
// [data-reload] one that takes the whole page.
// How that went is drawn by stamp.js.

import {
  BEFORE_REQUEST,
  KEY_LOST,
  PAUSED,
  REFRESH,
  REFRESHED,
  REFRESH_ASKED,
  REFRESH_STARTED,
  SIGNED_OUT,
  emit,
} from "./events.js";

let paused = false;
let signedOut = false;
let keyLost = false;
let missed = false;

const poller = () => document.querySelector("[data-poll][hx-trigger]");
const ask = () => poller() && emit(REFRESH, {}, poller());

// Hidden tabs, paused and signed-out pages are not polled. A person can always ask.
document.addEventListener(BEFORE_REQUEST, (event) => {
  const { poll, timed } = event.detail;
  if (!timed || !(document.hidden || paused || signedOut || (keyLost && poll))) return;
  missed = missed || document.hidden;
  event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden || paused || !(missed || signedOut)) return;
  missed = false;
  ask();
});

document.addEventListener(SIGNED_OUT, () => {
  signedOut = true;
});
// A message that follows a write goes on: that needs no key.
document.addEventListener(KEY_LOST, () => {
  keyLost = true;
});
document.addEventListener(REFRESHED, () => {
  signedOut = false;
});

const refresh = () => {
  emit(REFRESH_STARTED);
  ask();
};

const pause = () => {
  paused = !paused;
  emit(PAUSED, { paused });
  if (!paused) ask();
};

// Where a link says so, only a whole page may ask: no poll does with a key that is refused.
const mayPoll = () => poller() && !document.querySelector("[data-reload]");
document.addEventListener(REFRESH_ASKED, () => (mayPoll() ? refresh() : location.reload()));

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-pause]")) {
    pause();
  } else if (event.target.closest("[data-refresh]") && poller()) {
    event.preventDefault();
    refresh();
  }
});
