// The chart of a batch: [data-chart] its address. It is asked for once, and again only when a poll of the page brought
// something new: then the answer has only what came since, and is put behind what is drawn.

import { append, isFull } from "./chart-data.js";
import { onColors, readColors } from "./chart-colors.js";
import { drawOver, tieMarks } from "./chart-marks.js";
import { plot } from "./chart-plot.js";
import { readWith } from "./chart-read.js";
import { AFTER_REQUEST, ANNOUNCE, KEY_LOST, POLL_FAILED, REFRESHED, SIGNED_OUT, emit } from "./events.js";

const root = document.querySelector("[data-chart]");
const one = (selector) => root.querySelector(selector);
const place = one("[data-chart-place]");
const places = { burnup: one("[data-plot='burnup']"), bars: one("[data-plot='bars']") };
const state = { chart: null, isStale: false, lit: [] };
let drawn = null;
let asked = null; // the request that is awaited
let shown = ""; // the stamp of the page that is drawn

const stamp = () => document.querySelector("#poller [name='stamp']")?.value ?? "";
const pressed = () => one("[aria-pressed='true']").dataset.window;
const now = () => drawn && { chart: state.chart, u: drawn.main };
const reader = readWith(places.burnup, one("[data-readout]"), now);

// Lines have their places only once uPlot has drawn.
state.onDrawn = (u) => {
  drawOver(place, u, state);
  reader.draw();
};

const address = (query) => {
  const url = new URL(root.dataset.chart, location.href);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
};

const say = (words) => {
  const line = one("[data-chart-empty]");
  line.textContent = words;
  line.hidden = !words;
};

const drawFoot = ({ lead, samples, gaps, quiet, points }) => {
  const count = `${samples.toLocaleString("en")} sample${samples === 1 ? "" : "s"}`;
  one("[data-chart-lead]").textContent = points.at.length ? `${lead}, ${count}.` : "";
  one("[data-legend='quiet']").hidden = !quiet.length;
  const gap = one("[data-legend='gap']");
  gap.hidden = !gaps.length;
  const [last] = gaps.slice(-1);
  gap.textContent = last ? `not read ${gaps.length > 1 ? `${gaps.length} times, last ` : ""}${last[2]}` : "";
  gap.title = last?.[3] ?? "";
};

const around = () => {
  drawFoot(state.chart);
  reader.label(state);
  say(state.chart.points.at.length ? "" : "No counts have been kept yet: watching begins with the first.");
};

const drawAnew = () => {
  if (!state.chart) return;
  drawn?.destroy();
  drawn = plot(places, state, readColors(root));
  around();
};

const update = () => {
  drawn.update();
  around();
};

const take = (news, isWhole) => {
  if (isWhole) {
    state.chart = news;
    return drawAnew();
  }
  const hadFew = state.chart.points.at.length <= 20;
  if (!append(state.chart, news) || isFull(state.chart)) return load();
  if (hadFew && state.chart.points.at.length > 20) drawAnew();
  else update();
};

const fetchData = async (query, signal) => {
  const headers = { "X-Poll": "1", Accept: "application/json" };
  const answer = await fetch(address(query), { headers, signal, credentials: "same-origin" });
  if (answer.status === 204) return null;
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer.json();
};

const ask = async (query) => {
  asked?.abort();
  const request = new AbortController();
  asked = request;
  const drew = stamp();
  try {
    const news = await fetchData(query, request.signal);
    shown = drew;
    if (news) take(news, query.since === undefined);
  } catch (error) {
    if (error.name !== "AbortError") fail();
  } finally {
    if (asked === request) asked = null;
  }
};

// What is drawn stays, under the button of its own time.
const fail = () => {
  const words = "The chart could not be loaded. The table has the same numbers.";
  if (!drawn) return say(words);
  if (pressed() === state.chart.window) return;
  press(state.chart.window);
  emit(ANNOUNCE, { words });
};

const load = () => ask({ window: pressed() });

const since = () => {
  const { points, rest, start, window } = state.chart;
  if (!points.at.length) return load();
  return ask({ window, since: points.at.at(-1), start, rest });
};

// One request for each change, none for a hidden page: polls stop there too.
document.addEventListener(AFTER_REQUEST, ({ detail }) => {
  if (!detail.poll || !detail.ok || document.hidden || asked || stamp() === shown) return;
  if (state.chart) since();
  else load();
});

const drawStale = () => {
  const isStale = root.classList.contains("is-stale");
  if (isStale === state.isStale) return;
  state.isStale = isStale;
  drawAnew();
};
for (const event of [POLL_FAILED, SIGNED_OUT, KEY_LOST]) document.addEventListener(event, drawStale);

const MINUTE = 60;
const GAP = 20 * MINUTE; // as on the server: in a longer time without a look nothing is known
document.addEventListener(REFRESHED, ({ detail }) => {
  drawStale();
  const at = Date.parse(detail.as_of) / 1000;
  if (!drawn || state.isStale || !(at - state.chart.now >= MINUTE)) return;
  // The page was hidden, or stale: the server knows whether somebody else looked meanwhile.
  if (state.chart.is_open && at - state.chart.now > GAP) return asked || since();
  state.chart.now = Math.floor(at);
  update();
});

root.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-window]");
  if (!button) return;
  press(button.dataset.window);
  load();
});

const press = (name) => {
  for (const button of root.querySelectorAll("[data-window]")) {
    if (button.dataset.window === name) button.setAttribute("aria-pressed", "true");
    else button.removeAttribute("aria-pressed");
  }
  const table = one("[data-chart-table]");
  const url = new URL(table.href);
  url.searchParams.set("window", name);
  table.href = url;
};

tieMarks((numbers) => {
  state.lit = numbers;
  drawn?.redraw();
});

onColors(drawAnew);
let width = place.clientWidth;
new ResizeObserver(() => {
  if (!drawn || place.clientWidth === width) return;
  width = place.clientWidth;
  drawn.resize();
  around();
}).observe(place);

state.isStale = root.classList.contains("is-stale");
document.fonts.load("12px Inter").then(load, load);
