// A form with data-once is sent once: its buttons lock until an answer came, with htmx and without.
// Every form sends the CSRF token of now, not that of when the page was drawn.
(() => {
  "use strict";

  const buttons = (form) => form.querySelectorAll("button:not([type='button'])");

  const lock = (form, submitter) => {
    form.dataset.sending = "";
    for (const button of buttons(form)) button.setAttribute("aria-disabled", "true");
    submitter?.setAttribute("aria-busy", "true");
  };

  const unlock = (form) => {
    delete form.dataset.sending;
    for (const button of buttons(form)) {
      button.removeAttribute("aria-disabled");
      button.removeAttribute("aria-busy");
    }
  };

  const renewToken = (form) => {
    const field = form.elements.namedItem("csrfmiddlewaretoken");
    const name = `${document.documentElement.dataset.csrfCookie}=`;
    const cookie = document.cookie.split("; ").find((part) => part.startsWith(name));
    if (field && cookie) field.value = decodeURIComponent(cookie.slice(name.length));
  };

  // On the way down, before htmx and the browser see it.
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.dataset.sending !== undefined) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      renewToken(form);
      if (form.dataset.once !== undefined) lock(form, event.submitter);
    },
    true,
  );

  document.addEventListener("console:answered", (event) => {
    const form = event.target.closest?.("form[data-sending]");
    if (form) unlock(form);
  });

  // Back brings a page out of the browser's memory as it was left: locked.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sending]").forEach(unlock);
  });
})();
