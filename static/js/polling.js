// When the page may ask for news: [data-poll] the poller, [data-pause], [data-refresh] a person's own look,
// [data-reload] one that takes the whole page.
// What it says of how that went is stamp.js.
(() => {
  "use strict";

  let paused = false;
  let signedOut = false;
  let keyLost = false;
  let missed = false;

  const poller = () => document.querySelector("[data-poll][hx-trigger]");
  const ask = () => poller()?.dispatchEvent(new CustomEvent("console:refresh"));
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  // Hidden tabs, paused and signed-out pages do not ask by the clock. A person always may.
  document.addEventListener("console:asking", (event) => {
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

  document.addEventListener("signed-out", () => {
    signedOut = true;
  });
  // What follows a write goes on: that needs no key.
  document.addEventListener("key-lost", () => {
    keyLost = true;
  });
  document.addEventListener("refreshed", () => {
    signedOut = false;
  });

  const look = () => {
    tell("console:looking");
    ask();
  };

  const pause = () => {
    paused = !paused;
    tell("console:paused", { paused });
    if (!paused) ask();
  };

  // Where a link says so, only a whole page may ask: no poll does with a key that is refused.
  const mayPoll = () => poller() && !document.querySelector("[data-reload]");
  document.addEventListener("console:look", () => (mayPoll() ? look() : location.reload()));

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-pause]")) {
      pause();
    } else if (event.target.closest("[data-refresh]") && poller()) {
      event.preventDefault();
      look();
    }
  });
})();
