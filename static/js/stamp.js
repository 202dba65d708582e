// What the page says of how fresh it is: [data-stamp…] the words, [data-live] the values, which grey, and
// one sentence for those who listen, when it changes.
(() => {
  "use strict";

  const LOST = {
    failed: "Not refreshed: the console gave no usable answer.",
    stale: "Not refreshed for now; the page says why.",
    "key-lost": "No longer refreshed; the page says why.",
    "signed-out": "You are signed out; this page is not refreshed.",
  };
  const one = (selector) => document.querySelector(selector);
  let trouble = one("[data-stamp]")?.matches(".is-failed") ? "stale" : "";
  let paused = false;
  let looking = false; // a person asked, and has no answer yet

  const announce = (words) =>
    document.dispatchEvent(new CustomEvent("console:announce", { detail: { words } }));

  const stand = (now) => {
    if (now !== trouble) announce(now ? LOST[now] : "Refreshed again.");
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
    document.dispatchEvent(new CustomEvent("console:draw-times"));
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

  document.addEventListener("console:poll-failed", (event) => {
    const seconds = Number(one("[data-poll]")?.dataset.pollSeconds || 0);
    const next = seconds && !paused ? new Date(Date.now() + seconds * 1000) : null;
    stand("failed");
    problem(`Not refreshed: ${event.detail.why}.`, next);
  });

  document.addEventListener("signed-out", () => {
    stand("signed-out");
    problem("Not refreshed: you are signed out.", null);
  });

  document.addEventListener("key-lost", () => {
    stand("key-lost");
    problem("No longer refreshed.", null);
  });

  document.addEventListener("refreshed", (event) => {
    const { stale, refused, poll_seconds: seconds, title } = event.detail;
    stand(stale ? "stale" : "");
    problem("", null);
    const pace = one("[data-stamp-pace]");
    const waits = refused ? "waiting for the key" : "retrying";
    if (pace && seconds) pace.dataset.words = stale ? waits : `every ${seconds} s`;
    if (title) retitle(title);
    drawPause();
  });

  document.addEventListener("console:paused", (event) => {
    paused = event.detail.paused;
    drawPause();
  });

  // Who asks is answered also where there was nothing to fetch, or not yet.
  const answerLook = () => {
    looking = false;
    const again = one("[data-not-before]")?.dataset.notBefore;
    if (!trouble) announce("Up to date.");
    else if (trouble === "stale" && again) problem("Still not refreshed.", new Date(again));
  };

  document.addEventListener("console:looking", () => {
    looking = true;
  });

  // Nothing left to ask for: the pace and its button go, until there is again. Whoever stood on the button
  // stays on the page.
  document.addEventListener("console:answered", (event) => {
    if (looking && event.detail.poll) answerLook();
    const runs = one("[data-poll][hx-trigger]") !== null;
    const stood = document.activeElement.matches("[data-pause]");
    for (const part of document.querySelectorAll("[data-stamp-running]")) part.hidden = !runs;
    if (stood && !runs) document.getElementById("main").focus({ preventScroll: true });
  });
})();
