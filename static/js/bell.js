// The bell of the frame: [data-bell] its menu, [data-bell-events] the list in it, fetched each time it is opened,
// [data-bell-count] how many are unread. The number comes with the page's own poll: the bell asks for nothing.

import { ANNOUNCE, BELL_OPENED, UNREAD, emit } from "./events.js";

const bell = document.querySelector("[data-bell]");
const MOST = 99; // more are not counted

const draw = (count) => {
  const place = bell.querySelector("[data-bell-count]");
  const words = bell.querySelector("[data-bell-words]");
  const before = Number(place.dataset.bellCount);
  place.dataset.bellCount = count;
  place.textContent = count > MOST ? `${MOST}+` : count;
  place.hidden = !count;
  words.textContent = count ? `Events, ${place.textContent} unread` : "Events";
  if (count > before) emit(ANNOUNCE, { words: `${count} unread events.` });
};

document.addEventListener(UNREAD, (event) => {
  if (bell && event.detail.count !== undefined) draw(event.detail.count);
});

bell?.addEventListener("toggle", () => {
  const list = bell.querySelector("[data-bell-events]");
  if (bell.open) emit(BELL_OPENED, {}, list);
});
