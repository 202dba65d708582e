// One short polite sentence for people who listen: `words` of a refresh, and what this page has to say.
// Never the table itself. Nothing behind an open dialog is read out, so that each has a place of its own, and
// what is added to the messages behind it is announced there too.

import { ANNOUNCE, REFRESHED } from "./events.js";

const open = () => document.querySelector("dialog[open]");
const place = () => (open() || document.body).querySelector(":scope > [data-announcer]");
let waiting = []; // what comes together is announced together

const clear = () => {
  for (const each of document.querySelectorAll("[data-announcer]")) each.textContent = "";
};

const speak = () => {
  place().textContent = waiting.join(" ");
  waiting = [];
};

const announce = (words) => {
  if (!words) return;
  clear(); // the same words twice are two announcements
  if (!waiting.length) setTimeout(speak, 60);
  waiting.push(words);
};

const announceAdded = (changes) => {
  if (!open()) return; // a screen reader reads it out by itself
  for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
    announce(node.querySelector?.(".message-text")?.textContent.replace(/\s+/g, " ").trim());
  }
};

document.addEventListener(REFRESHED, (event) => announce(event.detail.words));
document.addEventListener(ANNOUNCE, (event) => announce(event.detail.words));
document.addEventListener("close", clear, true); // what was announced is outdated when it opens again
new MutationObserver(announceAdded).observe(document.getElementById("messages"), { childList: true });
