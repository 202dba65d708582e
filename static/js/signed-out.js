// The band that offers to sign in again. It comes and goes; the page under it is left as it is.

import { REFRESHED, SIGNED_OUT } from "./events.js";

const putInto = (place, template) => {
  if (!place || place.querySelector("[data-sign-in]")) return;
  const words = template.content.cloneNode(true);
  const link = words.querySelector("[data-sign-in]");
  const here = location.pathname + location.search;
  link.href = `${link.getAttribute("href")}?next=${encodeURIComponent(here)}`;
  place.prepend(words);
};

// On the page, where it stays; and in an open dialog, behind which nothing can be read.
document.addEventListener(SIGNED_OUT, () => {
  const template = document.getElementById("signed-out");
  if (!template) return;
  putInto(document.getElementById("band"), template);
  putInto(document.querySelector("dialog[open] [data-dialog-messages]"), template);
});

document.addEventListener(REFRESHED, () => {
  for (const link of document.querySelectorAll(".band [data-sign-in]")) {
    link.closest(".band").remove();
  }
});
