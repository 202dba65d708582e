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
  const breaks = news.points.breaks.map((place) => size + place);
  chart.points.breaks = [...new Set([...chart.points.breaks, ...breaks])];
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
    chart.points.breaks = chart.points.breaks.map((n) => n - gone).filter((n) => n >= 0);
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
  const breaks = new Set(points.breaks);
  points.at.forEach((at, n) => {
    // The lines have a hole there; the total has none, as it is no work.
    if (breaks.has(n) && n) add(points.at[n - 1] + 1, null, null, points.total[n - 1]);
    add(at, settled(points, n), points.completed[n], points.total[n]);
  });
  addAhead(chart, isStale, add, table);
  return table;
};

const addAhead = (chart, isStale, add, table) => {
  const end = last(chart);
  if (end < 0) return;
  const { points, now } = chart;
  const total = points.total[end];
  const done = settled(points, end);
  let at = points.at[end];
  if (chart.is_open && now > at) {
    // Counts that did not change are as they were: up to now, unless nobody looked.
    const isKnown = !chart.gaps.some(([since]) => since === at);
    at = now;
    add(now, isKnown ? done : null, isKnown ? points.completed[end] : null, total, done, done, done);
  } else if (chart.is_open) {
    // A sample of this second: what is expected begins at it.
    for (const column of table.slice(4)) column[column.length - 1] = done;
  }
  const most = Math.max(total ?? 0, done ?? 0) || Infinity;
  const within = (count) => Math.min(most, Math.max(done ?? 0, count));
  for (const [when, low, mid, high] of isStale ? [] : chart.fan) {
    if (when <= at || when > chart.end) continue;
    add(when, null, null, total, within(low), within(high), within(mid));
    at = when;
  }
  if (chart.end > at && chart.is_open) add(chart.end, null, null, total);
};

export const top = (chart) => {
  const { points } = chart;
  const counts = points.at.map((_, n) => Math.max(points.total[n] ?? 0, settled(points, n) ?? 0));
  return Math.max(1, ...counts);
};

// Tasks an hour in the bar that a sample belongs to; null where a part of it was not watched.
export const speedAt = (chart, at) => {
  const bar = chart.bars.find(([begun]) => begun <= at - 1 && at - 1 < begun + chart.width);
  const since = bar ? bar[0] : at - chart.width;
  const isUnseen = chart.gaps.some(([from, to]) => from < since + chart.width && to > since);
  if (isUnseen || at <= chart.points.at[0]) return null;
  return bar ? Math.round((bar[1] * 3600) / chart.width) : 0;
};
