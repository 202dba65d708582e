// A file that ends early says so in its last line, and here: [data-export] begins one, [data-export-told] asks.

import { EXPORT_BEGUN, emit } from "./events.js";

document.addEventListener("click", (event) => {
  const told = document.querySelector("[data-export-told]");
  if (told && event.target.closest("[data-export]")) emit(EXPORT_BEGUN, {}, told);
});
