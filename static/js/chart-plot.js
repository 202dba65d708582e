// Two uPlot charts on one time axis: the burn-up, and tasks an hour.

import uPlot from "../vendor/uplot/uplot.js";
import { columns, height, squeeze, tallest, top } from "./chart-data.js";
import { paintBars, paintGaps, paintNights, paintOver } from "./chart-paint.js";

const DAY = 86400;
const FONT = '12px Inter, "Inter fallback", system-ui, sans-serif';
const EDGE = 14; // pixels to the right of the plot
const MARKS = 28; // pixels above the plot, for numbers and words
const zone = document.documentElement.dataset.zone || "UTC";
const words = (options) => {
  const format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
  return (at) => format.format(at * 1000);
};
const clock = words({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const weekday = words({ weekday: "short" });
const date = words({ day: "numeric" });
const month = words({ day: "numeric", month: "short" });

export const momentWords = (at) => `${weekday(at)} ${month(at)}, ${clock(at)}`;

const tickWords = (u, ticks, axis, space, step) => {
  const isLong = u.scales.x.max - u.scales.x.min > 20 * DAY;
  const day = isLong ? month : (at) => `${weekday(at)} ${date(at)}`;
  const hour = (at) => (clock(at) === "00:00" ? day(at) : clock(at));
  return ticks.map(step >= DAY ? day : hour);
};

const count = (ticks) => ticks.map((tick) => (Number.isInteger(tick) ? tick.toLocaleString("en") : ""));
const widest = (chart) => 14 + 7.2 * Math.round(top(chart)).toLocaleString("en").length;

// Words that would touch their neighbours, or be cut at the edge, are left out: the time ahead may be drawn in less room.
const spaced = (u, ticks, texts) => {
  let free = -Infinity;
  const right = u.over.offsetWidth || u.width - 58;
  return texts.map((text, n) => {
    const [x, half] = [u.valToPos(ticks[n], "x"), 3.6 * text.length];
    if (x - half < free || x + half > right + EDGE) return "";
    free = x + half + 10;
    return text;
  });
};

// Seconds that clocks of the zone are ahead of UTC.
const aheadOfUtc = (at) => {
  const there = uPlot.tzDate(new Date(at * 1000), zone);
  const fields = [there.getFullYear(), there.getMonth(), there.getDate(), there.getHours(), there.getMinutes()];
  return Date.UTC(...fields) / 1000 - Math.floor(at / 60) * 60;
};

// Midnights and whole hours of the zone; a day of 23 hours has its midnight too.
const timesBetween = (min, max, step) => {
  const found = [];
  const first = Math.ceil((min + aheadOfUtc(min)) / step);
  for (let n = first; n - first < 200; n += 1) {
    const at = n * step - aheadOfUtc(n * step - aheadOfUtc(min));
    if (at > max) break;
    if (at >= min) found.push(at);
  }
  return found;
};

// One time axis for both charts; what is to come takes its share of the width at most.
const timeScale = (state) => {
  const warp = (at) => {
    const { now } = state.chart;
    return at <= now ? at : now + (at - now) * squeeze(state.chart);
  };
  const unwarp = (place) => {
    const { now } = state.chart;
    return place <= now ? place : now + (place - now) / squeeze(state.chart);
  };
  const range = () => [state.chart.start, Math.max(state.chart.end, state.chart.start + 60)];
  return { time: true, distr: 100, fwd: warp, bwd: unwarp, range };
};

const axes = (chart, colors, { hasTimes }) => [
  {
    show: hasTimes,
    stroke: colors.muted,
    font: FONT,
    size: 32,
    gap: 6,
    space: (u) => (u.width < 400 ? 46 : 68),
    splits: (u, axis, min, max, step) => timesBetween(min, max, step),
    filter: (u, ticks) => ticks, // that of uPlot for such a scale leaves most of the words out
    values: (u, ticks, ...rest) => spaced(u, ticks, tickWords(u, ticks, ...rest)),
    incrs: [60, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, DAY, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY],
    grid: { show: false },
    ticks: { stroke: colors.border, size: 4, width: 1 },
    border: { show: true, stroke: colors.border, width: 1 },
  },
  {
    stroke: colors.muted,
    font: FONT,
    size: Math.max(44, widest(chart())),
    gap: 8,
    space: 56,
    // a lane of bars has two: none, and its top
    ...(hasTimes ? {} : { splits: () => [0, tallest(chart())] }),
    values: (u, ticks) => count(ticks),
    grid: { stroke: colors.line, width: 1 },
    ticks: { show: false },
    border: { show: false },
  },
];

const frame = (place, state, { height, padding, y, ...rest }) => ({
  width: Math.max(200, place.clientWidth),
  height,
  padding,
  ms: 1e-3,
  tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone),
  scales: {
    x: timeScale(state),
    y: { range: y },
  },
  cursor: { show: false },
  legend: { show: false },
  ...rest,
});

const lines = (chart, colors, isStale) => {
  const of = isStale ? { progress: colors.border, bad: colors.border, area: colors.track, badArea: colors.track } : colors;
  const dashed = { stroke: of.progress, width: 1, dash: [4, 3], points: { show: false } };
  const few = chart.points.at.length <= 20;
  return {
    series: [
      {},
      { stroke: of.bad, width: 1.5, points: { show: false } },
      {
        stroke: of.progress,
        width: isStale ? 3 : 2,
        fill: of.area,
        points: { show: few, size: 6, stroke: of.progress, fill: colors.card },
      },
      { stroke: colors.ink, width: 1.5, dash: [2, 3], points: { show: false } },
      { ...dashed, width: 0.75 },
      { ...dashed, width: 0.75 },
      { ...dashed, width: 1.5 },
    ],
    bands: [
      { series: [1, 2], fill: of.badArea },
      { series: [5, 4], fill: colors.fan },
    ],
  };
};

const burnup = (place, state, colors) => {
  const { chart, isStale } = state;
  return new uPlot(
    frame(place, state, {
      height: place.clientHeight,
      padding: [MARKS, EDGE, 0, 0],
      y: () => height(state.chart),
      axes: axes(() => state.chart, colors, { hasTimes: true }),
      ...lines(chart, colors, isStale),
      hooks: {
        drawClear: [(u) => paintNights(u, state.chart, colors)],
        drawAxes: [(u) => paintGaps(u, state.chart, colors)],
        draw: [(u) => paintOver(u, state.chart, colors, state), (u) => state.onDrawn(u)],
      },
    }),
    columns(chart, isStale),
    place,
  );
};

const bars = (place, state, colors) =>
  new uPlot(
    frame(place, state, {
      height: place.clientHeight,
      padding: [6, EDGE, 8, 0],
      y: () => [0, tallest(state.chart)],
      axes: axes(() => state.chart, colors, { hasTimes: false }),
      series: [{}, { points: { show: false } }],
      hooks: {
        drawClear: [(u) => paintNights(u, state.chart, colors)],
        drawAxes: [(u) => paintGaps(u, state.chart, colors)],
        draw: [(u) => paintBars(u, state.chart, colors, state)],
      },
    }),
    empty(state.chart),
    place,
  );

// Bars are painted: the axis needs a time at each end, and no count.
const empty = ({ start, end }) => [[start, end], [null, null]];

// `state` has the chart, whether it is stale, the mark that is lit, and what is to be done once lines have their
// places; it is read at every drawing.
export const plot = (places, state, colors) => {
  const drawn = [burnup(places.burnup, state, colors), bars(places.bars, state, colors)];
  return {
    main: drawn[0],
    update: () => {
      drawn[0].setData(columns(state.chart, state.isStale));
      drawn[1].setData(empty(state.chart));
    },
    redraw: () => drawn.forEach((one) => one.redraw(false)),
    resize: () =>
      [places.burnup, places.bars].forEach((place, n) =>
        drawn[n].setSize({ width: Math.max(200, place.clientWidth), height: place.clientHeight }),
      ),
    destroy: () => drawn.forEach((one) => one.destroy()),
  };
};
