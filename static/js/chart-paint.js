// What lies behind and over the lines of a chart: nights, gaps, now, the range, marks. uPlot draws the rest.

import { isForced } from "./chart-colors.js";
import { expected } from "./chart-data.js";

const dpr = () => window.devicePixelRatio || 1;
const xOf = (u, at) => Math.round(u.valToPos(at, "x", true));
const yOf = (u, count) => u.valToPos(count, "y", true);

const clipped = (u, draw) => {
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(left, top, width, height);
  u.ctx.clip();
  u.ctx.setLineDash([]);
  draw(u.ctx);
  u.ctx.restore();
};

const stripe = (u, since, until) => [xOf(u, since), u.bbox.top, xOf(u, until) - xOf(u, since), u.bbox.height];

export const paintNights = (u, chart, colors) =>
  clipped(u, (ctx) => {
    ctx.fillStyle = colors.night;
    for (const [since, until] of chart.quiet) ctx.fillRect(...stripe(u, since, until));
  });

const hatch = (ctx, color) => {
  const tile = document.createElement("canvas");
  const size = 7 * dpr();
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  pen.strokeStyle = color;
  pen.lineWidth = dpr();
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return ctx.createPattern(tile, "repeat");
};

export const paintGaps = (u, chart, colors) =>
  chart.gaps.length &&
  clipped(u, (ctx) => {
    const pattern = hatch(ctx, colors.border);
    for (const [since, until] of chart.gaps) {
      ctx.fillStyle = colors.card;
      ctx.fillRect(...stripe(u, since, until));
      ctx.globalAlpha = 0.55;
      ctx.fillStyle = pattern;
      ctx.fillRect(...stripe(u, since, until));
      ctx.globalAlpha = 1;
    }
  });

const line = (ctx, points, { color, width = 1, dash = [] }) => {
  ctx.strokeStyle = color;
  ctx.lineWidth = width * dpr();
  ctx.setLineDash(dash.map((length) => length * dpr()));
  ctx.beginPath();
  points.forEach(([x, y], n) => (n ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  ctx.stroke();
};

const upright = (u, ctx, at, look) => {
  const x = xOf(u, at) + (dpr() % 2) / 2;
  line(ctx, [[x, u.bbox.top], [x, u.bbox.top + u.bbox.height]], look);
};

const dot = (ctx, x, y, colors, color) => {
  ctx.beginPath();
  ctx.arc(x, y, 3.5 * dpr(), 0, 2 * Math.PI);
  ctx.fillStyle = color;
  ctx.strokeStyle = colors.card;
  ctx.lineWidth = 1.5 * dpr();
  ctx.setLineDash([]);
  ctx.fill();
  ctx.stroke();
};

// From the sample before a gap to the one after it: what happened between them nobody saw.
const paintBridges = (u, ctx, { points }, color) => {
  for (const n of points.breaks) {
    if (!n || points.completed[n] === null || points.completed[n - 1] === null) continue;
    const ends = [n - 1, n].map((one) => [xOf(u, points.at[one]), yOf(u, points.completed[one])]);
    line(ctx, ends, { color, width: 1.5, dash: [3, 4] });
  }
};

const paintStall = (u, ctx, chart, colors, end) => {
  if (!chart.stall) return;
  const y = yOf(u, chart.points.completed[end] ?? 0);
  line(ctx, [[xOf(u, chart.stall[0]), y], [xOf(u, chart.now), y]], { color: colors.bad, width: 2.5 });
  upright(u, ctx, chart.stall[0], { color: colors.bad, dash: [2, 3] });
};

const paintRange = (u, ctx, chart, colors, end) => {
  const total = chart.points.total[end];
  // Polls move now on: no part of the range is before it.
  if (!chart.range || total === null || chart.range[1] <= chart.now) return;
  const y = yOf(u, total);
  const [low, high] = chart.range.map((at) => xOf(u, Math.max(at, chart.now)));
  // two ends that are close are seen as a stroke all the same
  line(ctx, [[low, y], [Math.max(high, low + 4 * dpr()), y]], { color: colors.progress, width: 5 });
};

export const paintOver = (u, chart, colors, { isStale, lit }) =>
  clipped(u, (ctx) => {
    const end = chart.points.at.length - 1;
    paintBridges(u, ctx, chart, isStale ? colors.border : colors.progress);
    for (const { at, number } of chart.marks) {
      upright(u, ctx, at, { color: lit.includes(number) ? colors.progress : colors.muted, dash: [1, 3] });
    }
    if (chart.due) upright(u, ctx, chart.due, { color: colors.bad, width: 1.5 });
    if (chart.is_open) upright(u, ctx, chart.now, { color: colors.border });
    if (end < 0) return;
    if (!isStale) {
      paintStall(u, ctx, chart, colors, end);
      paintRange(u, ctx, chart, colors, end);
    }
    const isKnown = chart.points.completed[end] !== null;
    const sampled = chart.points.at[end];
    const isNow = chart.is_open && !chart.gaps.some(([since]) => since === sampled);
    const at = isNow ? chart.now : sampled;
    const color = isStale ? colors.border : colors.progress;
    if (isKnown) dot(ctx, xOf(u, at), yOf(u, chart.points.completed[end]), colors, color);
  });

// Completed tasks, errors on top, and the pale range of what is expected.
export const paintBars = (u, chart, colors, { isStale }) =>
  clipped(u, (ctx) => {
    const gap = xOf(u, chart.start + chart.width) - xOf(u, chart.start) > 5 * dpr() ? dpr() : 0;
    const box = (since, until, from, to, draw = "fillRect") => {
      const x = xOf(u, since);
      ctx[draw](x, yOf(u, to), Math.max(1, xOf(u, until) - x - gap), yOf(u, from) - yOf(u, to));
    };
    // A bar is as wide as the time that was watched: from the first sample on, and not past now.
    const first = chart.points.at[0] ?? chart.start;
    for (const [at, completed, error, speed] of chart.bars) {
      if (!speed) continue;
      const [since, until] = [Math.max(at, first), Math.min(at + chart.width, chart.now)];
      const done = (speed * completed) / (completed + error);
      ctx.fillStyle = isStale ? colors.border : colors.progress;
      box(since, until, 0, done);
      ctx.fillStyle = isStale ? colors.border : colors.bad;
      if (error) box(since, until, done, speed);
    }
    ctx.fillStyle = colors.fan;
    ctx.strokeStyle = colors.ink;
    ctx.lineWidth = dpr();
    for (const hour of isStale ? [] : expected(chart)) {
      box(...hour);
      // the system has one colour for surfaces: there, a border says where it is
      if (isForced()) box(...hour, "strokeRect");
    }
    if (chart.is_open) upright(u, ctx, chart.now, { color: colors.border });
  });
