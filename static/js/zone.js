// Tells the server the browser's time zone while the person chose none: with the sign-in form, so that the
// first page is drawn in it, else by itself when it differs from the page's, as after a journey.

import { csrfToken } from "./csrf.js";

const root = document.documentElement;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const field = document.querySelector("[data-zone-field]");
if (field && zone) field.value = zone;
const token = csrfToken();

if (root.dataset.zoneUrl && zone && zone !== root.dataset.zone && token) {
  fetch(root.dataset.zoneUrl, {
    method: "POST",
    headers: { "X-CSRFToken": token },
    body: new URLSearchParams({ zone }),
  }).catch(() => undefined); // the next page tries again
}
