// Ages grow while a page stays open; clocks are drawn in the reader's zone. Elements are never replaced,
// only their words. `time[data-age]` ("2 h", with data-age="ago" "2 h ago"), `time[data-clock]`.

import { AFTER_SWAP, DRAW_TIMES, REFRESHED } from "./events.js";

const root = document.documentElement;
// The server's clock counts: this machine's may be wrong.
const skew = Date.parse(root.dataset.now) - Date.now() || 0;
const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const timeZone = root.dataset.zone || "UTC";
const clock = new Intl.DateTimeFormat("en-GB", { ...options, timeZone });
const day = new Intl.DateTimeFormat("en-US", { day: "numeric", month: "short", timeZone });

// As the server writes it: "14:02:07", or "21 Nov, 14:02:07" where that was another day.
const clockWords = (then) => {
  const words = clock.format(then);
  const [month, date] = day.format(then).split(" ");
  return day.format(then) === day.format(Date.now() + skew) ? words : `${date} ${month}, ${words}`;
};

const age = (then) => {
  const minutes = Math.floor((Date.now() + skew - then) / 60000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
};
const ago = (words) => (words === "now" ? "just now" : `${words} ago`);

const write = (node, words) => {
  if (node.textContent !== words) node.textContent = words;
};

const drawAges = () => {
  for (const node of document.querySelectorAll("time[data-age]")) {
    const words = age(Date.parse(node.dateTime));
    write(node, node.dataset.age === "ago" ? ago(words) : words);
  }
};

const drawClocks = () => {
  for (const node of document.querySelectorAll("time[data-clock]")) {
    write(node, clockWords(Date.parse(node.dateTime)));
  }
};

const draw = () => {
  drawAges();
  drawClocks();
};

// A page on which nothing had been read has words in the time's place.
const stampTime = () => {
  const found = document.querySelector("[data-stamp-time]");
  const place = document.querySelector("[data-stamp-words]");
  if (found || !place) return found;
  const time = document.createElement("time");
  time.dataset.stampTime = time.dataset.clock = "";
  place.replaceChildren("Updated ", time);
  return time;
};

document.addEventListener(REFRESHED, (event) => {
  const stamp = event.detail.as_of && stampTime();
  // "Looked at 14:02:07" says the same elsewhere on the page
  for (const time of stamp ? document.querySelectorAll("[data-stamp-time]") : []) {
    time.dateTime = event.detail.as_of;
    time.removeAttribute("title"); // it named the time the page was drawn with
  }
  draw();
});
document.addEventListener(DRAW_TIMES, draw);
document.addEventListener(AFTER_SWAP, draw);
document.addEventListener("visibilitychange", () => document.hidden || draw());
setInterval(() => document.hidden || draw(), 30000);
drawAges();
