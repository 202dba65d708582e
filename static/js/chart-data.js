// The data of a chart: what the server sent, what came since, and the columns that are drawn of it. Knows no page.

const MOST = 600; // points kept; past that the server selects anew
const FIELDS = ["at", "completed", "error", "cancelled", "total"];

export const isFull = (chart) => chart.points.at.length >= MOST;

// What came since is put behind what is there. False where it does not fit: the axis has other bars now.
export const append = (chart, news) => {
  if (news.width !== chart.width || news.window !== chart.window) return false;
  replaceLast(chart, news.points.at[0]);
  const size = chart.points.at.length;
  for (const name of FIELDS) chart.points[name].push(...news.points[name]);
  for (const kind of ["breaks", "steps"]) {
    const places = news.points[kind].map((n) => size + n);
    chart.points[kind] = [...new Set([...chart.points[kind], ...places])];
  }
  const first = news.bars[0]?.[0] ?? Infinity;
  chart.bars = [...chart.bars.filter(([at]) => at < first), ...news.bars];
  const lasting = (gap) => news.gaps.some(([since]) => since === gap[0]);
  chart.gaps = [...chart.gaps.filter((gap) => gap[1] < news.now && !lasting(gap)), ...news.gaps];
  chart.samples += news.samples;
  const { points, bars, gaps, samples, lead, start, growth, ...rest } = news;
  Object.assign(chart, rest, growth ? { growth } : {});
  if (chart.window !== "all") forget(chart, news.start);
  return true;
};

// Of a minute its last sample is kept: the one that is there makes room for a later one.
const replaceLast = (chart, at) => {
  const { points } = chart;
  if (at === undefined || Math.floor(points.at.at(-1) / 60) !== Math.floor(at / 60)) return;
  for (const name of FIELDS) points[name].pop();
  chart.samples -= 1;
};

// A window moves: what is older than its beginning goes.
const forget = (chart, start) => {
  chart.start = start;
  const gone = chart.points.at.findIndex((at) => at >= start);
  if (gone > 0) {
    for (const name of FIELDS) chart.points[name].splice(0, gone);
    for (const kind of ["breaks", "steps"])
      chart.points[kind] = chart.points[kind].map((n) => n - gone).filter((n) => n >= 0);
  }
  chart.bars = chart.bars.filter(([at]) => at + chart.width > start);
  chart.gaps = chart.gaps.filter(([, until]) => until > start);
};

export const settled = ({ completed, error, cancelled }, n) =>
  completed[n] === null ? null : completed[n] + (error[n] ?? 0) + (cancelled[n] ?? 0);

export const last = (chart) => chart.points.at.length - 1;

// Columns for uPlot: time, settled, completed, total, and the low, high and middle line of what is expected.
export const columns = (chart, isStale) => {
  const table = [[], [], [], [], [], [], []];
  const add = (...row) => table.forEach((column, n) => column.push(row[n] ?? null));
  const { points } = chart;
  const [breaks, steps] = [new Set(points.breaks), new Set(points.steps)];
  points.at.forEach((at, n) => {
    // The lines have a hole there; the total has none, as it is no work.
    if (breaks.has(n) && n) add(points.at[n - 1] + 1, null, null, points.total[n - 1]);
    // A finished batch was as it is known, until it was opened again.
    if (steps.has(n) && n) add(at - 1, settled(points, n - 1), points.completed[n - 1], points.total[n - 1]);
    add(at, settled(points, n), points.completed[n], points.total[n]);
  });
  addAhead(chart, isStale, add);
  return table;
};

const addAhead = (chart, isStale, add) => {
  const end = last(chart);
  if (end < 0 || !chart.is_open) return;
  const { points } = chart;
  const total = points.total[end];
  const at = points.at[end];
  const done = settled(points, end);
  // Counts that did not change are as they were: up to now, unless nobody looked.
  const isKnown = !chart.gaps.some(([since]) => since === at);
  const from = Math.max(chart.now, at + 1);
  add(from, isKnown ? done : null, isKnown ? points.completed[end] : null, total, done, done, done);
  const steps = isStale ? [] : ahead(chart);
  for (const [when, low, mid, high] of steps) if (when > from) add(when, null, null, total, low, high, mid);
  const until = steps.at(-1)?.[0] ?? from;
  if (chart.end > Math.max(from, until)) add(chart.end, null, null, total);
};

// The count at a time between two steps; `of` is the column: low, middle, high.
const between = (steps, at, of) => {
  const n = steps.findIndex(([when]) => when >= at);
  if (n < 1) return steps[n < 0 ? steps.length - 1 : 0][of];
  const [before, after] = [steps[n - 1], steps[n]];
  return before[of] + ((after[of] - before[of]) * (at - before[0])) / (after[0] - before[0]);
};

// What is expected, as [at, low, middle, high], from now and the last count to the end of the axis.
const ahead = (chart) => {
  const end = last(chart);
  const fan = chart.fan.filter(([at]) => at > chart.now);
  if (end < 0 || !fan.length) return [];
  const done = settled(chart.points, end) ?? 0;
  const most = Math.max(chart.points.total[end] ?? 0, done) || Infinity;
  const within = (count) => Math.min(most, Math.max(done, count));
  const whole = [[chart.now, done, done, done], ...fan.map(([at, ...counts]) => [at, ...counts.map(within)])];
  const steps = whole.filter(([at]) => at <= chart.end);
  if (steps.length === whole.length) return steps;
  return [...steps, [chart.end, ...[1, 2, 3].map((of) => between(whole, chart.end, of))]];
};

// Of each hour to come: [since, until, least, most] in tasks an hour, the slopes of the lines above.
export const expected = (chart) => {
  const steps = ahead(chart);
  const found = [];
  const end = steps.at(-1)?.[0] ?? 0;
  for (let at = chart.now, until; at < end; at = until) {
    until = Math.min(at + chart.width, end);
    const hours = (until - at) / 3600;
    const speeds = [1, 2, 3].map((of) => Math.max(0, between(steps, until, of) - between(steps, at, of)) / hours);
    found.push([at, until, Math.min(...speeds), Math.max(...speeds)]);
  }
  return found;
};

// The part of the width that what is to come takes at most: past it, the time ahead is drawn in less room.
const MOST_AHEAD = 0.6;

// How much shorter a second ahead is drawn than one that has passed, 1 where there is room for both.
export const squeeze = ({ start, end, now }) => {
  const [past, rest] = [now - start, end - now];
  const most = (past * MOST_AHEAD) / (1 - MOST_AHEAD);
  return past > 0 && rest > most ? most / rest : 1;
};

// The counts that are shown, as [least, most]: from 0 where all is, in a window what is seen in it.
export const height = (chart) => {
  const { points } = chart;
  const whole = [0, top(chart) * 1.08];
  if (chart.window === "all" || last(chart) < 0) return whole;
  const seen = [];
  points.at.forEach((at, n) => seen.push(points.completed[n], settled(points, n)));
  for (const [, low, , high] of ahead(chart)) seen.push(low, high);
  const known = seen.filter((count) => count !== null);
  if (!known.length) return whole;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  // a line that is flat is shown as flat
  if (most - least < 0.01 * whole[1]) return whole;
  const room = Math.max(4, most - least) * 0.12;
  // A total that is near is shown too; one far above would press all else flat.
  const total = points.total[last(chart)] ?? 0;
  const high = total <= most + 3 * room ? Math.max(total, most) : most;
  return [least - room < 0 || least < 0.25 * most ? 0 : least - room, high + room];
};

export const top = (chart) => {
  const { points } = chart;
  const counts = points.at.map((_, n) => Math.max(points.total[n] ?? 0, settled(points, n) ?? 0));
  return Math.max(1, ...counts);
};

// Tasks an hour in the bar that a sample belongs to, errors included; null where too little of it was watched.
export const speedAt = (chart, at) => {
  const bar = chart.bars.find(([begun]) => begun <= at - 1 && at - 1 < begun + chart.width);
  if (bar) return bar[3];
  const isUnseen = chart.gaps.some(([from, to]) => from < at && to > at - chart.width);
  return isUnseen || at <= chart.points.at[0] ? null : 0;
};

// The highest of a lane of bars, a round number: 1, 2, 3, 4, 5, 6, 8 or 10, as often as it takes.
export const tallest = (chart) => {
  const seen = chart.bars.map(([, , , speed]) => speed ?? 0);
  const most = Math.max(1, ...seen, ...expected(chart).map(([, , , high]) => high));
  const tens = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 3, 4, 5, 6, 8, 10].find((one) => one * tens >= most) * tens;
};
