// [data-mixed]: a box in its third state, which no attribute of HTML can say.

import { AFTER_REQUEST, ELEMENT_PLACED } from "./events.js";

const draw = () => {
  for (const box of document.querySelectorAll("input[data-mixed]")) box.indeterminate = true;
};

document.addEventListener(AFTER_REQUEST, draw);
document.addEventListener(ELEMENT_PLACED, draw);
draw();
