// The boxes of a list: a Shift click ticks all from the last one to this, by their places; the box in the head has
// all of the page, with a third state. selection.js keeps what is ticked.

import { AFTER_REQUEST, SELECTED, TICKED, emit } from "./events.js";

let last = ""; // the value of the box that was clicked last
let chosen = () => false; // whether a box is ticked, as far as anybody knows
let drawn = null; // the rows that were drawn so

const boxes = () => [...document.querySelectorAll("[data-tick]")];

const drawHead = (all) => {
  const head = document.querySelector("[data-tick-all]");
  if (!head) return;
  const ticked = all.filter((box) => box.checked).length;
  head.checked = all.length > 0 && ticked === all.length;
  head.indeterminate = ticked > 0 && ticked < all.length;
};

const draw = () => {
  const all = boxes();
  for (const box of all) box.checked = chosen(box);
  drawn = document.getElementById("rows");
  drawHead(all);
};

const upTo = (box, all) => {
  const ends = [all.findIndex(({ value }) => value === last), all.indexOf(box)].sort((a, b) => a - b);
  return ends[0] < 0 ? [box] : all.slice(ends[0], ends[1] + 1);
};

const set = (some, checked) => {
  const changed = some.filter((box) => box.checked !== checked);
  for (const box of changed) box.checked = checked;
  return changed;
};

const tell = (changed) => {
  const all = boxes();
  drawHead(all);
  const inOrder = all.filter((box) => changed.includes(box));
  emit(TICKED, { changes: inOrder.map(({ value, checked }) => [value, checked]) });
};

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("[data-tick], [data-tick-all]");
  if (box?.matches("[data-tick-all]")) {
    tell(set(boxes(), box.checked));
  } else if (box) {
    const others = event.shiftKey ? upTo(box, boxes()) : [];
    tell([box, ...set(others, box.checked)]);
    last = box.value;
  }
});

document.addEventListener(SELECTED, (event) => {
  chosen = event.detail.chosen;
  draw();
});

// A list that showed no row is replaced as a whole once it has some.
document.addEventListener(AFTER_REQUEST, () => {
  if (document.getElementById("rows") !== drawn) draw();
});
