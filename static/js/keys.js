// What a key is called, on every layout, and where keys are text.

export const isMac = /^(Mac|iP)/.test(navigator.platform);

export const isTyping = (node) =>
  node.matches(
    "input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]",
  );

const isLatin = (key) => /^[\p{Script=Latin}\p{P}\p{S}\p{N}]$/u.test(key);
const places = { Slash: "/" };

// A layout without Latin letters has none of these keys: there the place on the keyboard counts.
export const nameOf = (event) => {
  const { key = "", code = "" } = event; // a browser that fills in a form presses keys without names
  if (key.length > 1 || isLatin(key)) return key;
  if (event.shiftKey && code === "Slash") return "?";
  return places[code] ?? (/^Key[A-Z]$/.test(code) ? code[3].toLowerCase() : key);
};
