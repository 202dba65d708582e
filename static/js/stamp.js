// How fresh the page is: [data-stamp…] the words, [data-live] the values, which grey, and
// one sentence for those who listen, when it changes.

import {
  AFTER_REQUEST,
  ANNOUNCE,
  DRAW_TIMES,
  KEY_LOST,
  PAUSED,
  POLL_FAILED,
  REFRESHED,
  REFRESH_STARTED,
  SIGNED_OUT,
  emit,
} from "./events.js";

const TROUBLES = {
  failed: "Not refreshed: the console gave no usable answer.",
  stale: "Not refreshed for now; the page says why.",
  "key-lost": "No longer refreshed; the page says why.",
  "signed-out": "You are signed out; this page is not refreshed.",
};
const one = (selector) => document.querySelector(selector);
let trouble = one("[data-stamp]")?.matches(".is-failed") ? "stale" : "";
let paused = false;
let isWaiting = false; // a person asked, and has no answer yet

const announce = (words) => emit(ANNOUNCE, { words });

const setTrouble = (now) => {
  if (now !== trouble) announce(now ? TROUBLES[now] : "Refreshed again.");
  trouble = now;
  for (const region of document.querySelectorAll("[data-live]")) {
    region.classList.toggle("is-stale", Boolean(now));
  }
  one("[data-stamp]")?.classList.toggle("is-failed", Boolean(now));
};

const problem = (words, next) => {
  const place = one("[data-stamp-problem]");
  if (!place) return;
  place.replaceChildren(words);
  if (next) {
    const time = document.createElement("time");
    time.dateTime = next.toISOString();
    time.dataset.clock = "";
    place.append(" Next try ", time, ".");
  }
  place.hidden = !words;
  emit(DRAW_TIMES);
};

const drawPause = () => {
  const button = one("[data-pause]");
  const pace = one("[data-stamp-pace]");
  if (!button || !pace) return;
  pace.dataset.words = pace.dataset.words || pace.textContent;
  pace.textContent = paused ? "paused" : pace.dataset.words;
  button.textContent = paused ? "Resume" : "Pause";
  one("[data-stamp]").classList.toggle("is-paused", paused);
};

// The page's own end of the title (mode, product) stays.
const retitle = (words) => {
  document.title = words + (document.documentElement.dataset.titleEnd || "");
};

document.addEventListener(POLL_FAILED, (event) => {
  const seconds = Number(one("[data-poll]")?.dataset.pollSeconds || 0);
  const next = seconds && !paused ? new Date(Date.now() + seconds * 1000) : null;
  setTrouble("failed");
  problem(`Not refreshed: ${event.detail.why}.`, next);
});

document.addEventListener(SIGNED_OUT, () => {
  setTrouble("signed-out");
  problem("Not refreshed: you are signed out.", null);
});

document.addEventListener(KEY_LOST, () => {
  setTrouble("key-lost");
  problem("No longer refreshed.", null);
});

document.addEventListener(REFRESHED, (event) => {
  const { stale, refused, poll_seconds: seconds, title } = event.detail;
  setTrouble(stale ? "stale" : "");
  problem("", null);
  const pace = one("[data-stamp-pace]");
  const waits = refused ? "waiting for the key" : "retrying";
  if (pace && seconds) pace.dataset.words = stale ? waits : `every ${seconds} s`;
  if (title) retitle(title);
  drawPause();
});

document.addEventListener(PAUSED, (event) => {
  paused = event.detail.paused;
  drawPause();
});

// A person who asks is answered also where there was nothing to fetch, or not yet.
const announceAnswer = () => {
  isWaiting = false;
  const again = one("[data-not-before]")?.dataset.notBefore;
  if (!trouble) announce("Up to date.");
  else if (trouble === "stale" && again) problem("Still not refreshed.", new Date(again));
};

document.addEventListener(REFRESH_STARTED, () => {
  isWaiting = true;
});

// Nothing left to ask for: the pace and its button go, until there is again. The focus does not
// leave the page with the button.
document.addEventListener(AFTER_REQUEST, (event) => {
  if (isWaiting && event.detail.poll) announceAnswer();
  const runs = one("[data-poll][hx-trigger]") !== null;
  const stood = document.activeElement.matches("[data-pause]");
  for (const part of document.querySelectorAll("[data-stamp-running]")) part.hidden = !runs;
  if (stood && !runs) document.getElementById("main").focus({ preventScroll: true });
});
