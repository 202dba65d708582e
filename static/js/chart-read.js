// The numbers of one sample, under the pointer or with the arrow keys. The plot is a slider over its samples, so
// that a screen reader says each.

import { last, speedAt } from "./chart-data.js";
import { momentWords } from "./chart-plot.js";

const number = (count) => (count === null ? "unknown" : count.toLocaleString("en"));

const facts = (chart, n) => {
  const { points } = chart;
  const speed = speedAt(chart, points.at[n]);
  return [
    ["Completed", number(points.completed[n])],
    ["Error", number(points.error[n])],
    ["Total", number(points.total[n])],
    ["An hour", speed === null ? "–" : number(speed)],
  ];
};

const nearest = ({ at, steps }, moment) => {
  let low = 0;
  let high = at.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at[middle] < moment) low = middle;
    else high = middle;
  }
  // before a batch was opened again, its counts are those with which it had finished
  if (moment < at[high] && steps.includes(high)) return low;
  return moment - at[low] < at[high] - moment ? low : high;
};

const write = (box, title, rows) => {
  const head = document.createElement("p");
  head.className = "readout-at";
  head.textContent = title;
  const list = document.createElement("dl");
  for (const [name, value] of rows) {
    const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
    dt.textContent = name;
    dd.textContent = value;
    list.append(dt, dd);
  }
  box.replaceChildren(head, list);
};

// `now` gives the chart and its plot, null before anything is drawn.
export const readWith = (place, box, now) => {
  let at = null; // the time of the sample that is read: its place changes when others come
  let cursor = null;

  const hide = () => {
    at = null;
    box.hidden = true;
    cursor?.remove();
  };

  const draw = () => {
    const { chart, u } = now() ?? {};
    if (!u || at === null || last(chart) < 0) return hide();
    const n = nearest(chart.points, at);
    const title = momentWords(chart.points.at[n]);
    const rows = facts(chart, n);
    write(box, title, rows);
    place.setAttribute("aria-valuenow", n);
    place.setAttribute("aria-valuetext", `${title}: ${rows.map((row) => row.join(" ")).join(", ")}`);
    put(u, chart.points.at[n]);
  };

  const put = (u, moment) => {
    cursor ??= document.createElement("span");
    cursor.className = "readout-line";
    u.over.append(cursor);
    const x = u.valToPos(moment, "x");
    cursor.style.left = `${x}px`;
    box.hidden = false;
    const left = place.offsetLeft + u.over.offsetLeft + x;
    const isRight = x > u.over.offsetWidth / 2;
    // within the card, beside the line
    const most = place.offsetLeft + place.offsetWidth - box.offsetWidth;
    box.style.left = `${Math.min(most, Math.max(0, isRight ? left - box.offsetWidth - 10 : left + 10))}px`;
    box.style.top = `${u.over.offsetTop + 12}px`;
  };

  const step = { ArrowLeft: (n) => n - 1, ArrowRight: (n) => n + 1, Home: () => 0, End: (n, end) => end };
  place.addEventListener("keydown", (event) => {
    const { chart } = now() ?? {};
    if (event.key === "Escape" && at !== null) return hide();
    if (!chart || !Object.hasOwn(step, event.key) || last(chart) < 0) return;
    event.preventDefault();
    const end = last(chart);
    const from = at === null ? (event.key === "ArrowRight" ? -1 : end + 1) : nearest(chart.points, at);
    at = chart.points.at[Math.min(end, Math.max(0, step[event.key](from, end)))];
    draw();
  });
  const point = (event) => {
    const { chart, u } = now() ?? {};
    if (!u || last(chart) < 0) return;
    const x = event.clientX - u.over.getBoundingClientRect().left;
    at = chart.points.at[nearest(chart.points, u.posToVal(x, "x"))];
    draw();
  };
  // a finger that was lifted has left, but what it pointed at is still read
  place.addEventListener("pointermove", point);
  place.addEventListener("pointerdown", point);
  place.addEventListener("pointerleave", ({ pointerType }) => {
    if (pointerType !== "touch" && document.activeElement !== place) hide();
  });
  place.addEventListener("blur", hide);

  return {
    draw,
    label: ({ chart }) => {
      const end = Math.max(0, last(chart));
      place.setAttribute("role", "slider");
      place.setAttribute("aria-valuemin", 0);
      place.setAttribute("aria-valuemax", end);
      if (at !== null) return draw();
      place.setAttribute("aria-valuenow", end);
      const text = last(chart) < 0 ? "no samples" : `${momentWords(chart.points.at[end])}, ${facts(chart, end).map((row) => row.join(" ")).join(", ")}`;
      place.setAttribute("aria-valuetext", text);
    },
  };
};
