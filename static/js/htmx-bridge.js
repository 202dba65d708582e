// The one file that knows htmx: it turns htmx's events into this product's own, and does for the other files
// what only htmx can do.

import { csrfToken } from "./csrf.js";
import {
  ACTION_FAILED,
  AFTER_REQUEST,
  AFTER_SWAP,
  BEFORE_MERGE,
  BEFORE_REQUEST,
  BEFORE_SWAP,
  ELEMENT_PLACED,
  HTMX_AFTER_REQUEST,
  HTMX_AFTER_SWAP,
  HTMX_BEFORE_ON_LOAD,
  HTMX_BEFORE_REQUEST,
  HTMX_BEFORE_SWAP,
  HTMX_CONFIG_REQUEST,
  HTMX_OOB_BEFORE_SWAP,
  HTMX_RESPONSE_ERROR,
  HTMX_SEND_ERROR,
  HTMX_TIMEOUT,
  OPEN_DIALOG,
  POLL_FAILED,
  SIGNED_OUT,
  emit,
} from "./events.js";

const isPoll = (element) => Boolean(element?.matches?.("[data-poll], [data-refresh-once]"));
// A message that follows a write is polled too, but its answer does not make the page fresher.
const isFollow = (element) => Boolean(element?.matches?.("[data-follow]"));

document.addEventListener(HTMX_CONFIG_REQUEST, (event) => {
  const token = csrfToken();
  if (!token) return;
  delete event.detail.parameters.csrfmiddlewaretoken;
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token;
});

// All rows in one field: fifty fields cost the server more than the rows that they name. After a create the
// poll names no rows, so that the whole list is drawn again, with the new batch.
document.addEventListener(HTMX_CONFIG_REQUEST, (event) => {
  const { elt, parameters, triggeringEvent } = event.detail;
  if (!isPoll(elt) || !parameters.has("row")) return;
  if (!triggeringEvent?.detail?.created) {
    parameters.set("rows", parameters.getAll("row").join(","));
  }
  parameters.delete("row");
});

document.addEventListener(HTMX_BEFORE_REQUEST, (event) => {
  const { elt, requestConfig } = event.detail;
  const poll = isPoll(elt);
  const timed = (poll || isFollow(elt)) && !requestConfig.triggeringEvent;
  if (!emit(BEFORE_REQUEST, { poll, timed }, elt)) event.preventDefault();
});

document.addEventListener(HTMX_AFTER_REQUEST, (event) => {
  const { elt, requestConfig, successful } = event.detail;
  const source = requestConfig.elt;
  emit(AFTER_REQUEST, { ok: Boolean(successful), poll: isPoll(source), source }, elt);
});

const failed = (event, why, refused = false) => {
  const { elt, requestConfig } = event.detail;
  if (isFollow(elt)) return false; // it asks again
  if (isPoll(elt)) return emit(POLL_FAILED, { why }, elt);
  return emit(ACTION_FAILED, { why, wrote: requestConfig.verb !== "get", refused }, elt);
};
document.addEventListener(HTMX_RESPONSE_ERROR, (event) => {
  const { xhr } = event.detail;
  const id = xhr.getResponseHeader("X-Request-ID");
  const why = `the console answered ${xhr.status}${id ? ` (its id in the log: ${id})` : ""}`;
  failed(event, why, xhr.status < 500);
});
document.addEventListener(HTMX_SEND_ERROR, (event) =>
  failed(event, "the console cannot be reached"),
);
document.addEventListener(HTMX_TIMEOUT, (event) => failed(event, "no answer in time"));

// Only an answer that names its target was written for people; a proxy's bare 502 was not.
document.addEventListener(HTMX_BEFORE_SWAP, (event) => {
  const detail = event.detail;
  if (isPoll(detail.elt) || !detail.xhr.getResponseHeader("HX-Retarget")) return;
  detail.shouldSwap = true;
  detail.isError = false;
  // Behind an open dialog nothing can be read.
  const inDialog = document.querySelector("dialog[open] [data-dialog-messages]");
  if (inDialog && detail.target.id === "messages") detail.target = inDialog;
});

// A filled form is not left for the sign-in: the page says so, and the form can be sent again.
document.addEventListener(HTMX_BEFORE_ON_LOAD, (event) => {
  const { elt, xhr, requestConfig } = event.detail;
  const signIn = document.getElementById("signed-out")?.content.querySelector("[data-sign-in]");
  const leadsTo = xhr.getResponseHeader("HX-Redirect") || "";
  if (!signIn || (requestConfig.verb === "get" && !requestConfig.elt.closest("form"))) return;
  if (!leadsTo.startsWith(signIn.getAttribute("href"))) return;
  event.preventDefault();
  emit(SIGNED_OUT, {}, elt);
});

document.addEventListener(HTMX_BEFORE_SWAP, (event) => {
  const { target, requestConfig, shouldSwap } = event.detail;
  if (!shouldSwap) return;
  const fits = emit(BEFORE_SWAP, { target, source: requestConfig.elt }, target);
  if (!fits) event.detail.shouldSwap = false;
});

document.addEventListener(HTMX_OOB_BEFORE_SWAP, (event) => {
  const { target, fragment } = event.detail;
  const inner = fragment instanceof Element;
  const fresh = inner ? fragment : fragment.firstElementChild;
  if (!emit(BEFORE_MERGE, { target, fresh, inner }, target)) event.preventDefault();
});

document.addEventListener(HTMX_AFTER_SWAP, (event) => {
  emit(AFTER_SWAP, { target: event.detail.target }, event.detail.target);
});

document.addEventListener(OPEN_DIALOG, (event) => {
  event.preventDefault();
  const { url, target } = event.detail;
  window.htmx.ajax("GET", url, { source: event.target, target, swap: "innerHTML" });
});

document.addEventListener(ELEMENT_PLACED, (event) => window.htmx.process(event.target));
