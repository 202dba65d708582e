// Tells the server the browser's time zone while the person chose none: with the sign-in form, so that the
// first page is drawn in it, else by itself when it differs from the page's, as after a journey.
(() => {
  "use strict";

  const root = document.documentElement;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const field = document.querySelector("[data-zone-field]");
  if (field && zone) field.value = zone;
  const name = `${root.dataset.csrfCookie}=`;
  const cookie = document.cookie.split("; ").find((part) => part.startsWith(name));
  if (!root.dataset.zoneUrl || !zone || zone === root.dataset.zone || !cookie) return;

  fetch(root.dataset.zoneUrl, {
    method: "POST",
    headers: { "X-CSRFToken": decodeURIComponent(cookie.slice(name.length)) },
    body: new URLSearchParams({ zone }),
  }).catch(() => undefined); // the next page tells it again
})();
