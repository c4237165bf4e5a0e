// Pictures, drawn by Observable Plot (vendor/): memory, what is waited for, roofline, lines, bars.

import { el } from "./elements.js";
import { borders, series, spaced } from "./machine.js";

/** Okabe and Ito's colours, as in edgesym/render/style.py. */
const PARTS = {
  compute: "#e69f00",
  weights: "#56b4e9",
  cache: "#009e73",
  activations: "#cc79a7",
  buffers: "#cc79a7",
  launch: "#999999",
  loading: "#d5c400",
  reserve: "#bbbbbb",
};
const PHASE = { prefill: "#d55e00", decode: "#0072b2" };
const POINTS = 40;
const NAMED = 5;
/** How wide a number with a sign is beside its bar. */
const SIGNED = 52;
/** How high pictures are, by what they show. */
export const HEIGHTS = { memory: 96, waits: 96, roofline: 300, line: 280, bars: 320 };

export const colourOf = (kind) => PARTS[kind] ?? "#999999";

/** Widths of pictures as they stand: to ask for one while others are drawn lays the page out anew. */
const widths = new WeakMap();
const shown = new WeakSet();
const late = new WeakMap();
const sized = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) widths.set(target, contentRect.width);
});
const seen = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        shown.add(target);
        late.get(target)?.();
        late.delete(target);
      } else shown.delete(target);
    }
  },
  { rootMargin: "160px" },
);

/** A place for a picture. What is drawn into it while it is out of sight is drawn when it is seen. */
export function picture(height) {
  const made = el("div", { class: "picture", style: `min-height:${height}px` });
  sized.observe(made);
  seen.observe(made);
  return made;
}

/** Draw what waits to be seen: before it is saved or printed. */
export function drawNow(element) {
  late.get(element)?.();
  late.delete(element);
}
addEventListener("beforeprint", () => document.querySelectorAll(".picture").forEach(drawNow));

/** A picture with a name that is read out; colours of text and lines are the page's. */
function drawn(element, label, options) {
  const draw = () => {
    const made = Plot.plot({
      width: Math.max(260, Math.min(1100, widths.get(element) || element.clientWidth || 520)),
      style: { color: "inherit", background: "transparent", fontSize: "12px", overflow: "visible" },
      ...options,
    });
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", label);
    for (const group of made.querySelectorAll("g[aria-label]")) {
      group.dataset.mark = group.getAttribute("aria-label"); // a label without a role says nothing
      group.removeAttribute("aria-label");
    }
    element.replaceChildren(made);
  };
  if (shown.has(element)) draw();
  else late.set(element, draw);
}

/** Bars one behind the other: parts of a whole, with a line at a limit. */
export function stacked(element, label, parts, unit, units, limit) {
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  const [factor, name] = units.suited(Math.max(total, limit ?? 0), unit);
  const rows = parts.filter((part) => part.value > 0).map((part) => ({ ...part, value: part.value / factor }));
  drawn(element, label, {
    height: HEIGHTS.memory,
    marginTop: 20,
    marginBottom: 36,
    marginLeft: 10,
    marginRight: 24,
    x: { label: name, labelAnchor: "right", labelOffset: 34, domain: [0, (Math.max(total, limit ?? 0) * 1.02) / factor], ticks: 6 },
    y: { axis: null },
    marks: [
      Plot.barX(rows, Plot.stackX({ x: "value", fill: (row) => colourOf(row.kind), stroke: "white", strokeWidth: 0.8, title: (row) => `${row.name}: ${units.human(row.value * factor, unit)}`, tip: true })),
      ...(limit === undefined
        ? []
        : [
            Plot.ruleX([limit / factor], { stroke: "currentColor", strokeWidth: 2 }),
            Plot.text([limit / factor], { x: (at) => at, frameAnchor: "top", dy: -12, textAnchor: "end", text: () => units.human(limit, unit) }),
          ]),
    ],
  });
}

/** The roof of a device, and kernels under it. */
export function roofline(element, answer, units) {
  const { peak, bandwidth, rate, moved } = answer.ends;
  const marks = answer.marks.filter((mark) => mark.flops > 0 && Number.isFinite(mark.intensity));
  const ridge = rate / moved;
  const low = Math.min(ridge / 8, ...marks.map((mark) => mark.intensity)) / 1.6;
  const high = Math.max(ridge * 8, ...marks.map((mark) => mark.intensity)) * 1.6;
  const roof = (top, slope) => [low, top / slope, high].map((x) => ({ x, y: Math.min(top, slope * x) }));
  const loud = apart([...marks].sort((a, b) => b.share - a.share), Math.log(high / low));
  const far = ({ intensity }) => Math.log(high / intensity) < Math.log(high / low) / 5;
  const flops = (value) => units.human(value, "FLOP/s", 3);
  drawn(element, `Roofline: the ridge is at ${units.human(ridge, "FLOP/B")}`, {
    height: HEIGHTS.roofline,
    marginLeft: 84,
    marginTop: 24,
    marginBottom: 40,
    x: { type: "log", label: "FLOP per byte →", labelOffset: 36, domain: [low, high], tickFormat: tickOf, ticks: 6 },
    y: { type: "log", label: "↑ rate", grid: true, tickFormat: flops, ticks: 5 },
    marks: [
      Plot.line(roof(peak, bandwidth), { x: "x", y: "y", strokeDasharray: "4 3", strokeOpacity: 0.6 }),
      Plot.line(roof(rate, moved), { x: "x", y: "y", strokeWidth: 1.8 }),
      Plot.dot(marks, {
        x: "intensity", y: "rate", r: (mark) => 3 + 10 * Math.sqrt(mark.share), fill: (mark) => PHASE[mark.phase], fillOpacity: 0.65, stroke: "white",
        symbol: (mark) => (mark.phase === "decode" ? "circle" : "square"),
        title: (mark) => `${mark.name} (${mark.phase})\n${flops(mark.rate)} at ${tickOf(mark.intensity)} FLOP/B\n${(100 * mark.share).toFixed(1)} % of the step`,
        tip: true,
      }),
      ...[loud.filter(far), loud.filter((mark) => !far(mark))].map((some, i) =>
        Plot.text(some, { x: "intensity", y: "rate", text: "name", dy: -14, dx: i ? 0 : 12, textAnchor: i ? "middle" : "end", fontSize: 11, stroke: "var(--sheet)", strokeWidth: 3, fill: "currentColor" }),
      ),
    ],
    r: { type: "identity" },
    symbol: { type: "identity" },
  });
}

/** The largest marks that stand far enough from one another to be named. */
function apart(marks, wide) {
  const named = [];
  const at = ({ intensity, rate }) => [Math.log(intensity), Math.log(rate)];
  for (const mark of marks) {
    const [x, y] = at(mark);
    const free = named.every((other) => {
      const [otherX, otherY] = at(other);
      return Math.abs(x - otherX) > wide / 3.2 || Math.abs(y - otherY) > 1;
    });
    if (free && named.length < NAMED) named.push(mark);
  }
  return named;
}

/** A number on an axis. */
function tickOf(value) {
  if (value === 0) return "0";
  if (value >= 1e6 || value < 1e-3) return value.toExponential(0).replace("e+", "e");
  return value >= 1000 && value % 1024 === 0 ? `${value / 1024}k` : String(Number(value.toPrecision(3)));
}

/** Values of an axis that are read easily: powers of two of counts, else left to the library. */
function ticksOf(low, high, whole) {
  if (!whole) return 6;
  const powers = [];
  for (let p = Math.ceil(Math.log2(low)); 2 ** p <= high; p++) powers.push(2 ** p);
  return powers.filter((_, i) => i % Math.ceil(powers.length / 8) === 0);
}

/** A quantity along a letter with its interval; lines where what binds changes. */
export function against(element, machine, given, name, letter, range, row, unit, units, decodes) {
  const whole = row.whole;
  const points = series(machine, name, letter, spaced(...range, POINTS, whole), given);
  const sizes = points.flatMap(({ low, high, y }) => [low, high, y]).filter(Number.isFinite);
  const [factor, unitName] = units.suited(Math.max(...sizes.map(Math.abs)), unit);
  const [xFactor, xUnit] = whole ? [1, row.unit] : units.suited(range[1], row.unit);
  const scaled = points.map((p) => ({ ...p, x: p.x / xFactor, y: p.y / factor, low: p.low / factor, high: p.high / factor }));
  const turns = (decodes ? borders(points, (point) => point.bound) : []).map((turn) => ({ ...turn, x: turn.x / xFactor }));
  const full = borders(points, (point) => point.fits).map((turn) => ({ ...turn, x: turn.x / xFactor }));
  const here = machine.values(given)[letter] / xFactor;
  const wide = Math.max(...sizes) / Math.min(...sizes) > 12 && Math.min(...sizes) > 0;
  drawn(element, `${name} against ${row.word}`, {
    height: HEIGHTS.line,
    marginTop: 44,
    marginBottom: 40,
    marginLeft: 64,
    x: { type: "log", base: whole ? 2 : 10, labelOffset: 36, label: `${row.word}${xUnit === "1" ? "" : ` [${xUnit}]`} →`, ticks: ticksOf(range[0], range[1], whole), tickFormat: tickOf },
    y: { label: `↑ ${name} [${unitName}]`, grid: true, type: wide ? "log" : "linear", zero: !wide, ticks: 6, tickFormat: tickOf },
    marks: [
      Plot.areaY(scaled, { x: "x", y1: "low", y2: "high", fill: "#0072b2", fillOpacity: 0.15 }),
      Plot.lineY(scaled, { x: "x", y: "y", stroke: "#0072b2", strokeWidth: 2 }),
      Plot.ruleX(turns, { x: "x", stroke: "#d55e00", strokeDasharray: "3 3" }),
      ...turns.map((turn, i) => {
        const right = Math.log(turn.x * xFactor / range[0]) > 0.75 * Math.log(range[1] / range[0]);
        const at = { x: "x", frameAnchor: "top", dy: -8 - 13 * (i % 2), dx: right ? 4 : -4, textAnchor: right ? "end" : "start" };
        return Plot.text([turn], { ...at, text: () => `${turn.from} → ${turn.to}`, fontSize: 11 });
      }),
      Plot.ruleX(full, { x: "x", stroke: "#cc0000", strokeWidth: 1.6 }),
      Plot.text(full, { x: "x", frameAnchor: "bottom", dy: -6, dx: 4, textAnchor: "start", text: (turn) => (turn.to ? "fits from here" : "no longer fits"), fontSize: 11 }),
      Plot.dot([{ x: here, y: machine.along(name, letter, given)(here * xFactor) / factor }], { x: "x", y: "y", r: 4.5, fill: "#0072b2", stroke: "white" }),
      Plot.tip(scaled, Plot.pointerX({ x: "x", y: "y", title: (p) => `${row.word} ${tickOf(p.x)} ${xUnit}\n${units.human(p.y * factor, unit)}\n90 %: ${units.human(p.low * factor, unit)} to ${units.human(p.high * factor, unit)}\nbound by ${p.bound}` })),
    ],
  });
  return points;
}

/** Elasticities as bars about zero. */
export function elasticities(element, rows, labelOf) {
  const ends = rows.map((row) => row.elasticity);
  const span = Math.max(0, ...ends) - Math.min(0, ...ends);
  const wide = widths.get(element) ?? 520;
  const names = Math.min(220, 0.5 * wide);
  const beside = (span * SIGNED) / Math.max(60, wide - names - 20 - 2 * SIGNED);
  drawn(element, `What the quantity answers to; most of all ${rows[0] ? labelOf(rows[0].letter) : "nothing"}`, {
    height: 56 + 22 * rows.length,
    marginLeft: names,
    marginRight: 20,
    marginBottom: 40,
    x: { label: "% more of the quantity for 1 % more of the symbol →", labelOffset: 36, grid: true, ticks: 5, domain: [Math.min(0, ...ends) - beside, Math.max(0, ...ends) + beside] },
    y: { label: null, tickSize: 0, domain: rows.map((row) => row.letter), tickFormat: labelOf },
    marks: [
      Plot.ruleX([0]),
      Plot.barX(rows, { y: "letter", x: "elasticity", fill: (row) => (row.elasticity > 0 ? "#d55e00" : "#0072b2") }),
      Plot.text(rows, { y: "letter", x: "elasticity", text: (row) => `+${row.elasticity.toFixed(3)}`, textAnchor: "start", dx: 4, filter: (row) => row.elasticity > 0 }),
      Plot.text(rows, { y: "letter", x: "elasticity", text: (row) => `−${Math.abs(row.elasticity).toFixed(3)}`, textAnchor: "end", dx: -4, filter: (row) => row.elasticity < 0 }),
    ],
  });
}
