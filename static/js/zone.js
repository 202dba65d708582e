// Tells the server the browser's time zone, once, while the person never set one: with the sign-in form,
// so that the first page is drawn in it, else by itself. The preferences page says which zone it is.
(() => {
  "use strict";

  const root = document.documentElement;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const field = document.querySelector("[data-zone-field]");
  if (field && zone) field.value = zone;
  const name = `${root.dataset.csrfCookie}=`;
  const cookie = document.cookie.split("; ").find((part) => part.startsWith(name));
  if (root.dataset.zoneUnset === undefined || !zone || !cookie) return;

  fetch(root.dataset.zoneUrl, {
    method: "POST",
    headers: { "X-CSRFToken": decodeURIComponent(cookie.slice(name.length)) },
    body: new URLSearchParams({ zone }),
  }).catch(() => undefined); // the next page offers it again
})();
