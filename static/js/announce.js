// One short polite sentence for people who listen: `words` of a refresh. Never the table itself.
(() => {
  "use strict";

  const place = document.querySelector("[data-announcer]");

  document.addEventListener("refreshed", (event) => {
    if (!place || !event.detail.words) return;
    place.textContent = ""; // the same words twice are two pieces of news
    setTimeout(() => {
      place.textContent = event.detail.words;
    }, 60);
  });
})();
