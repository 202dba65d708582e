// The one file that knows htmx's event names and its API. It tells the others what happens in this
// product's own events, and does for them what only htmx can do:
//
//   says  console:asking       {poll, timed}    cancelable: no request is sent
//         console:answered     {ok, poll, source}  whatever came, or nothing
//         console:poll-failed  {why}            the page's poller got no usable answer
//         console:action-failed {why, wrote, refused}  something a person asked for got none;
//                                               refused: it is sure that nothing was done
//         console:swapping     {target, source} cancelable: the answer is let fall
//         console:merge        {target, fresh, inner}  cancelable: the element stays as it is
//         console:swapped      {target}
//   hears console:open         {url, target}    fetches a piece of page into the target
//         console:placed       (bubbles from the node)  wires up a node that another file put in
(() => {
  "use strict";

  const say = (source, name, detail) => {
    const from = source && source.isConnected ? source : document;
    const event = new CustomEvent(name, { bubbles: true, cancelable: true, detail });
    return from.dispatchEvent(event);
  };
  const isPoll = (element) => Boolean(element?.matches?.("[data-poll], [data-look]"));
  // A message that follows a write asks by the clock too, but tells nothing of how fresh the page is.
  const isFollow = (element) => Boolean(element?.matches?.("[data-follow]"));

  // A sign-in in another tab renews the cookie, never the tokens drawn into this page.
  document.addEventListener("htmx:configRequest", (event) => {
    const name = `${document.documentElement.dataset.csrfCookie}=`;
    const cookie = document.cookie.split("; ").find((part) => part.startsWith(name));
    if (!cookie) return;
    delete event.detail.parameters.csrfmiddlewaretoken;
    if (event.detail.verb !== "get") {
      event.detail.headers["X-CSRFToken"] = decodeURIComponent(cookie.slice(name.length));
    }
  });

  // All rows in one field: fifty fields cost the server more than the rows that they stand for. Who made a
  // batch sees it at once: a list that names none of its rows is given them anew.
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, parameters, triggeringEvent } = event.detail;
    if (!isPoll(elt) || !parameters.has("row")) return;
    if (!triggeringEvent?.detail?.created) {
      parameters.set("rows", parameters.getAll("row").join(","));
    }
    parameters.delete("row");
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    const poll = isPoll(elt);
    const timed = (poll || isFollow(elt)) && !requestConfig.triggeringEvent;
    if (!say(elt, "console:asking", { poll, timed })) event.preventDefault();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, requestConfig, successful } = event.detail;
    const source = requestConfig.elt;
    say(elt, "console:answered", { ok: Boolean(successful), poll: isPoll(source), source });
  });

  const failed = (event, why, refused = false) => {
    const { elt, requestConfig } = event.detail;
    if (isFollow(elt)) return false; // it asks again
    if (isPoll(elt)) return say(elt, "console:poll-failed", { why });
    return say(elt, "console:action-failed", { why, wrote: requestConfig.verb !== "get", refused });
  };
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    const id = xhr.getResponseHeader("X-Request-ID");
    const why = `the console answered ${xhr.status}${id ? ` (its id in the log: ${id})` : ""}`;
    failed(event, why, xhr.status < 500);
  });
  document.addEventListener("htmx:sendError", (event) =>
    failed(event, "the console cannot be reached"),
  );
  document.addEventListener("htmx:timeout", (event) => failed(event, "no answer in time"));

  // Only an answer that names its target was written for people; a proxy's bare 502 was not.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const detail = event.detail;
    if (isPoll(detail.elt) || !detail.xhr.getResponseHeader("HX-Retarget")) return;
    detail.shouldSwap = true;
    detail.isError = false;
    // Behind an open dialog nothing can be read.
    const inDialog = document.querySelector("dialog[open] [data-dialog-messages]");
    if (inDialog && detail.target.id === "messages") detail.target = inDialog;
  });

  // A filled form is not left for the sign-in: the page says so, and the form can be sent again.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { elt, xhr, requestConfig } = event.detail;
    const signIn = document.getElementById("signed-out")?.content.querySelector("[data-sign-in]");
    const leadsTo = xhr.getResponseHeader("HX-Redirect") || "";
    if (!signIn || (requestConfig.verb === "get" && !requestConfig.elt.closest("form"))) return;
    if (!leadsTo.startsWith(signIn.getAttribute("href"))) return;
    event.preventDefault();
    say(elt, "signed-out", {});
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, requestConfig, shouldSwap } = event.detail;
    if (!shouldSwap) return;
    const fits = say(target, "console:swapping", { target, source: requestConfig.elt });
    if (!fits) event.detail.shouldSwap = false;
  });

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const inner = fragment instanceof Element;
    const fresh = inner ? fragment : fragment.firstElementChild;
    if (!say(target, "console:merge", { target, fresh, inner })) event.preventDefault();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    say(event.detail.target, "console:swapped", { target: event.detail.target });
  });

  document.addEventListener("console:open", (event) => {
    event.preventDefault();
    const { url, target } = event.detail;
    window.htmx.ajax("GET", url, { source: event.target, target, swap: "innerHTML" });
  });

  document.addEventListener("console:placed", (event) => window.htmx.process(event.target));
})();
