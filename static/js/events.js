// The one list of event names. htmx's own are listened to by htmx-bridge.js alone, which turns them into
// this product's events; those without a prefix come from the server, in an `HX-Trigger` header.

// What htmx does, as {detail} of events that bubble from the element that it does it for. A cancelled
// "before" leaves it undone.
export const BEFORE_REQUEST = "console:before-request"; // {poll, timed}
export const AFTER_REQUEST = "console:after-request"; // {ok, poll, source}, whatever came, or nothing
export const POLL_FAILED = "console:poll-failed"; // {why}
export const ACTION_FAILED = "console:action-failed"; // {why, wrote, refused}: surely not done
export const BEFORE_SWAP = "console:before-swap"; // {target, source}
export const BEFORE_MERGE = "console:before-merge"; // {target, fresh, inner}
export const AFTER_SWAP = "console:after-swap"; // {target}

// What htmx is to do.
export const REFRESH = "console:refresh"; // to the poller, which has it in its hx-trigger
export const OPEN_DIALOG = "console:open-dialog"; // {url, target}; cancelled when it is fetched
export const ELEMENT_PLACED = "console:element-placed"; // from an element that another file put in

// Between this product's own files.
export const REFRESH_ASKED = "console:refresh-asked"; // a person wants news
export const REFRESH_STARTED = "console:refresh-started"; // and waits for them
export const PAUSED = "console:paused"; // {paused}
export const ANNOUNCE = "console:announce"; // {words}
export const DRAW_TIMES = "console:draw-times";
export const TICKED = "console:ticked"; // {changes}: pairs of the id of a batch on pages, and whether it is ticked
export const SELECTED = "console:selected"; // {chosen}: tells of a box whether it is ticked
export const PALETTE_OPENED = "console:palette-opened"; // to its field, which has it in its hx-trigger
export const BELL_OPENED = "console:bell-opened"; // to the list in it, which has it in its hx-trigger
export const EXPORT_BEGUN = "console:export-begun"; // to what asks how it went, which has it in its hx-trigger

// From the server.
export const UNREAD = "unread"; // {count}: events of the bell
export const REFRESHED = "refreshed"; // {as_of, stale, refused, poll_seconds, words, title}
export const SIGNED_OUT = "signed-out";
export const KEY_LOST = "key-lost";
export const DIALOG_DONE = "dialog-done";

// htmx's own.
export const HTMX_CONFIG_REQUEST = "htmx:configRequest";
export const HTMX_BEFORE_REQUEST = "htmx:beforeRequest";
export const HTMX_AFTER_REQUEST = "htmx:afterRequest";
export const HTMX_RESPONSE_ERROR = "htmx:responseError";
export const HTMX_SEND_ERROR = "htmx:sendError";
export const HTMX_TIMEOUT = "htmx:timeout";
export const HTMX_BEFORE_ON_LOAD = "htmx:beforeOnLoad";
export const HTMX_BEFORE_SWAP = "htmx:beforeSwap";
export const HTMX_OOB_BEFORE_SWAP = "htmx:oobBeforeSwap";
export const HTMX_AFTER_SWAP = "htmx:afterSwap";

// True unless somebody cancelled it. The event of an element that has left the page starts at the document.
export const emit = (name, detail = {}, source = document) => {
  const from = source?.isConnected ? source : document;
  return from.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable: true, detail }));
};
