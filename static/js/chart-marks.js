// Numbers above the chart, each tied to the line of the timeline that has its number, and the words beside lines.

const SIDE = 24; // pixels of a mark; its circle is smaller
const ONE_PLACE = 3; // pixels: lines that are closer are seen as one, and have one mark

// Of a line its number, of a mark the numbers of all lines that stand there: "2 3".
const numbersOf = (node) => node.dataset.mark.split(" ");
const lines = (number) => document.querySelectorAll(`[data-mark~="${number}"]`);

// Calls back with the numbers that are lit.
export const tieMarks = (callback) => {
  let lit = "";
  const light = (numbers) => {
    if (numbers.join(" ") === lit) return;
    for (const node of document.querySelectorAll("[data-mark].is-lit")) node.classList.remove("is-lit");
    for (const node of numbers.flatMap((number) => [...lines(number)])) node.classList.add("is-lit");
    lit = numbers.join(" ");
    callback(numbers.map(Number));
  };
  const under = (event) => {
    const mark = event.target.closest?.("[data-mark]");
    return mark ? numbersOf(mark) : [];
  };
  document.addEventListener("pointerover", (event) => light(under(event)));
  document.addEventListener("focusin", (event) => light(under(event)));
  document.addEventListener("focusout", () => light([]));
  document.addEventListener("click", (event) => {
    const mark = event.target.closest(".chart-mark");
    if (mark) document.querySelector(`li[data-mark="${numbersOf(mark)[0]}"]`)?.scrollIntoView({ block: "nearest" });
  });
};

const newMark = (key) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "chart-mark";
  button.dataset.mark = key;
  button.append(document.createElement("span"));
  const numbers = key.split(" ");
  button.firstChild.textContent = numbers.length > 1 ? `${numbers[0]}–${numbers.at(-1)}` : key;
  return button;
};

const newLabel = (name) => {
  const label = document.createElement("span");
  label.dataset.label = name;
  return label;
};

// The nodes that are there are moved: drawing a thousand times makes no more of them.
const keep = (place, selector, make, found, key) => {
  const there = new Map([...place.querySelectorAll(selector)].map((node) => [key(node), node]));
  for (const one of found) {
    const node = there.get(one.key) ?? make(one.key);
    there.delete(one.key);
    if (!node.isConnected) place.append(node);
    one.draw(node);
  }
  for (const node of there.values()) node.remove();
};

// Each above its line, as far as the others leave room; those for which there is none are on the timeline alone.
const spread = (places, right) => {
  const found = [];
  for (const x of places) found.push(Math.max(x, (found.at(-1) ?? -Infinity) + SIDE));
  for (let n = found.length - 1, most = right; n >= 0; n -= 1, most -= SIDE) {
    found[n] = Math.min(found[n], most);
  }
  return found;
};

// Marks whose lines stand in one place, in order of time: `[{ x, marks }]`.
const groups = (u, marks) => {
  const found = [];
  for (const mark of marks) {
    const x = u.valToPos(mark.at, "x");
    const last = found.at(-1);
    if (last && x - last.x < ONE_PLACE) last.marks.push(mark);
    else found.push({ x, marks: [mark] });
  }
  return found;
};

const drawMarks = (place, u, all, left) => {
  const right = left + u.over.offsetWidth;
  const grouped = groups(u, all);
  const places = spread(
    grouped.map(({ x }) => left + x),
    right,
  );
  const found = grouped.map(({ marks }, n) => {
    const said = marks.map(({ number, words }) => `${number}: ${words}`);
    const draw = (node) => {
      node.style.left = `${places[n] - SIDE / 2}px`;
      node.style.top = "2px";
      node.title = marks.length > 1 ? said.join("\n") : marks[0].words;
      // what is seen comes first, as a name that is spoken must have it
      const numbers = marks.length > 1 ? `${node.textContent}: ` : "";
      node.setAttribute("aria-label", `${numbers}${said.join("; ")}`);
    };
    return { key: marks.map(({ number }) => number).join(" "), draw };
  });
  const fitting = found.filter((_, n) => places[n] >= SIDE / 2);
  keep(place, ".chart-mark", newMark, fitting, (node) => node.dataset.mark);
};

const labels = (u, chart, isStale) => {
  const { points, now, stall, growth } = chart;
  const end = points.at.length - 1;
  const found = [];
  const add = (key, text, at, y, look = "") => found.push({ key, text, x: u.valToPos(at, "x"), y, look });
  const high = (count) => u.valToPos(count, "y");
  if (chart.is_open) add("now", "now", now, -22, "middle");
  if (chart.due) add("due", chart.due_words, chart.due, -22, "middle bad");
  if (stall && !isStale && end >= 0) add("stall", stall[1], stall[0], high(points.completed[end] ?? 0) - 20, "after bad");
  const most = u.scales.y.max;
  const total = points.total[end];
  if (end >= 0 && total > most) add("total", `total ${total.toLocaleString("en")} ↑`, chart.start, 4, "after");
  if (growth && !isStale && end >= 0)
    add("growth", growth, now, Math.max(4, high(points.total[end] ?? 0) - 21), "before");
  if (end >= 0 && end < 6 && chart.window === "all")
    add("began", "watching began", points.at[0], high(points.completed[0] ?? 0) - 46, "after");
  return found;
};

// Pixels between the middles of two things above the plot: marks and these words.
const ROOM = { now: 26, due: 58 };
const ASIDE = { now: [0, 28, -28, 52, -52, 80, -80], due: [0, 52, -52] };

// Beside what stands there, as far as it takes; where there is no room, the line alone says "now".
const aside = (one, taken) => {
  if (!ASIDE[one.key]) return one;
  const isFree = (x) => taken.every(([other, room]) => Math.abs(other - x) >= Math.max(room, ROOM[one.key]));
  const shift = ASIDE[one.key].find((by) => isFree(one.x + by)) ?? (one.key === "due" ? 0 : null);
  if (shift === null) return null;
  taken.push([one.x + shift, ROOM[one.key]]);
  return { ...one, x: one.x + shift };
};

const drawLabels = (place, u, chart, isStale, left) => {
  const from = u.over.offsetTop;
  const taken = groups(u, chart.marks).map(({ x }) => [x, 0]);
  const found = labels(u, chart, isStale)
    .sort((one, other) => (other.key === "due") - (one.key === "due")) // the due date has the first choice
    .map((one) => aside(one, taken))
    .filter(Boolean);
  const drawn = found.map(({ key, text, x, y, look }) => ({
    key,
    draw: (node) => {
      node.className = `chart-label${look.includes("bad") ? " chart-label--bad" : ""}`;
      if (node.textContent !== text) node.textContent = text;
      const shift = look.startsWith("middle") ? 0.5 : look.startsWith("before") ? 1 : 0;
      const gap = look.startsWith("after") ? 6 : look.startsWith("before") ? -8 : 0;
      // what began before the window is said at its edge
      const most = left + u.over.offsetWidth - node.offsetWidth;
      node.style.left = `${Math.min(most, Math.max(left + 4, left + x + gap - shift * node.offsetWidth))}px`;
      node.style.top = `${Math.max(0, from + y)}px`;
    },
  }));
  keep(place, ".chart-label", newLabel, drawn, (node) => node.dataset.label);
};

export const drawOver = (place, u, { chart, isStale }) => {
  const left = u.root.offsetLeft + u.root.parentElement.offsetLeft + u.over.offsetLeft;
  const shown = chart.marks.filter(({ at }) => at >= chart.start && at <= chart.end).sort((a, b) => a.at - b.at);
  drawMarks(place, u, shown, left);
  drawLabels(place, u, { ...chart, marks: shown }, isStale, left);
};
