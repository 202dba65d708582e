// <details data-menu> opens by itself; this closes it: outside, by Esc, when another opens. What is typed
// into an open one goes into its field.

const openMenus = () => document.querySelectorAll("details[data-menu][open]");

// A menu hangs at the start of its button; where the screen ends before it does, at the button's end.
const keepOnScreen = (menu) => {
  menu.classList.remove("menu--turned");
  const { right } = menu.querySelector(":scope > :not(summary)").getBoundingClientRect();
  menu.classList.toggle("menu--turned", right > document.documentElement.clientWidth);
};

document.addEventListener(
  "toggle",
  (event) => {
    if (!event.target.matches("details[data-menu][open]")) return;
    keepOnScreen(event.target);
    event.target.querySelector("input:not([type='hidden'], [type='date'])")?.focus();
  },
  true, // it does not bubble
);

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// The search over everything lies over an open menu: closed, it gives the focus back into it.
const isOver = (event) => event.target.closest?.("#palette");

document.addEventListener("focusin", (event) => {
  if (isOver(event)) return;
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || isOver(event)) return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
