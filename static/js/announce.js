// One short polite sentence for people who listen: `words` of a refresh, and what this page has to say.
// Never the table itself.
(() => {
  "use strict";

  const place = document.querySelector("[data-announcer]");
  let waiting = []; // what comes together is said together

  const say = (event) => {
    const { words } = event.detail;
    if (!place || !words) return;
    place.textContent = ""; // the same words twice are two pieces of news
    if (!waiting.length) {
      setTimeout(() => {
        place.textContent = waiting.join(" ");
        waiting = [];
      }, 60);
    }
    waiting.push(words);
  };

  document.addEventListener("refreshed", say);
  document.addEventListener("console:announce", say);
})();
