// The band that offers to sign in again. It comes and goes; the page under it is left as it is.
(() => {
  "use strict";

  document.addEventListener("signed-out", () => {
    const template = document.getElementById("signed-out");
    // Behind an open dialog nothing can be read.
    const place =
      document.querySelector("dialog[open] [data-dialog-messages]") ||
      document.getElementById("band");
    if (!template || place.querySelector("[data-sign-in]")) return;
    const words = template.content.cloneNode(true);
    const link = words.querySelector("[data-sign-in]");
    const here = location.pathname + location.search;
    link.href = `${link.getAttribute("href")}?next=${encodeURIComponent(here)}`;
    place.prepend(words);
  });

  document.addEventListener("refreshed", () => {
    for (const link of document.querySelectorAll(".band [data-sign-in]")) {
      link.closest(".band").remove();
    }
  });
})();
