// When the page may ask for news, and what it says about how that went.
// [data-poll] the poller, [data-pause], [data-refresh], [data-stamp…] the words, [data-live] the values.
(() => {
  "use strict";

  let paused = false;
  let signedOut = false;
  let missed = false;

  const one = (selector) => document.querySelector(selector);
  const poller = () => one("[data-poll][hx-trigger]");
  const ask = () => poller()?.dispatchEvent(new CustomEvent("console:refresh"));

  // Hidden tabs, paused and signed-out pages do not ask by the clock. A person always may.
  document.addEventListener("console:asking", (event) => {
    if (!event.detail.timed || !(document.hidden || paused || signedOut)) return;
    missed = missed || document.hidden;
    event.preventDefault();
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden || paused || !(missed || signedOut)) return;
    missed = false;
    ask();
  });

  const grey = (stale) => {
    for (const region of document.querySelectorAll("[data-live]")) {
      region.classList.toggle("is-stale", stale);
    }
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
    one("[data-stamp]").classList.toggle("is-failed", Boolean(words));
    document.dispatchEvent(new CustomEvent("console:draw-times"));
  };

  document.addEventListener("console:poll-failed", (event) => {
    grey(true);
    const seconds = Number(one("[data-poll]")?.dataset.pollSeconds || 0);
    const next = seconds && !paused ? new Date(Date.now() + seconds * 1000) : null;
    problem(`Not refreshed: ${event.detail.why}.`, next);
  });

  document.addEventListener("signed-out", () => {
    signedOut = true;
    grey(true);
    problem("Not refreshed: you are signed out.", null);
  });

  document.addEventListener("refreshed", (event) => {
    signedOut = false;
    grey(Boolean(event.detail.stale));
    problem("", null);
    one("[data-stamp]")?.classList.toggle("is-failed", Boolean(event.detail.stale));
    const pace = one("[data-stamp-pace]");
    if (pace && event.detail.poll_seconds)
      pace.dataset.words = `every ${event.detail.poll_seconds} s`;
    if (event.detail.title) retitle(event.detail.title);
    drawPause();
  });

  // Nothing left to ask for: the pace and its button go, until there is again. Whoever stood on the button
  // stays on the page.
  document.addEventListener("console:answered", () => {
    const stood = document.activeElement.matches("[data-pause]");
    for (const part of document.querySelectorAll("[data-stamp-running]")) part.hidden = !poller();
    if (stood && !poller()) document.getElementById("main").focus({ preventScroll: true });
  });

  // The page's own end of the title (mode, product) stays.
  const retitle = (words) => {
    document.title = words + (document.documentElement.dataset.titleEnd || "");
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

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-pause]")) {
      paused = !paused;
      drawPause();
      if (!paused) ask();
    } else if (event.target.closest("[data-refresh]") && poller()) {
      event.preventDefault();
      ask();
    }
  });
})();
