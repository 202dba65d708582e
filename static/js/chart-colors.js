// The colours a canvas draws with: those of the stylesheet as they count now, or the system's own.

const TOKENS = {
  ink: "--ink",
  muted: "--muted",
  card: "--card",
  line: "--line",
  border: "--border",
  track: "--track",
  progress: "--progress",
  area: "--area",
  bad: "--bad",
  badArea: "--bad-area",
  fan: "--fan",
  night: "--night",
};
const SYSTEM = { progress: "Highlight", area: "Canvas", bad: "CanvasText", fan: "Canvas", night: "Canvas" };
const SURFACES = new Set(["card", "badArea", "track"]);
const forced = window.matchMedia("(forced-colors: active)");

export const isForced = () => forced.matches;

const wanted = (name) => {
  if (!forced.matches) return `var(${TOKENS[name]})`;
  return SYSTEM[name] ?? (SURFACES.has(name) ? "Canvas" : "CanvasText");
};

// `light-dark()` is resolved in the colour of an element alone.
export const readColors = (place) => {
  const probe = document.createElement("span");
  probe.style.forcedColorAdjust = "none";
  place.append(probe);
  const found = {};
  for (const name of Object.keys(TOKENS)) {
    probe.style.color = wanted(name);
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
};

// Calls back when the page may have other colours: theme, contrast, paper.
export const onColors = (callback) => {
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)", "print"]) {
    window.matchMedia(query).addEventListener("change", callback);
  }
  new MutationObserver(callback).observe(document.documentElement, { attributeFilter: ["data-theme"] });
};
