// A slider of a symbol: a logarithmic range, a box to type in, and a way back.

import { el, say } from "./elements.js";
import { refusal } from "./state.js";

const STEPS = 1000;
/** Of what is 0 as it stands, how far a slider goes, by unit. */
const FROM_ZERO = { s: 1e-3, J: 1, W: 100, B: 1e9, "J/B": 1e-9, "J/FLOP": 1e-10 };
const WIDE = 32;
const CONTEXT_MOST = 2 ** 17;
const RANGES = { batch: [1, 512], layers: [1, 256] };

/** What a slider goes through: {low, high, log}. */
export function rangeOf(letter, row, base, limit) {
  if (["context", "prompt_tokens", "generated_tokens"].includes(row.word)) {
    return { low: 1, high: Math.max(limit ?? CONTEXT_MOST, base), log: true };
  }
  if (Object.hasOwn(RANGES, row.word)) {
    const [low, high] = RANGES[row.word];
    return { low, high: Math.max(high, base), log: true };
  }
  if (!Number.isFinite(base)) return { low: 0.1, high: 1e4, log: true };
  if (base === 0) return { low: 0, high: FROM_ZERO[row.unit] ?? 1, log: false };
  if (row.share) return { low: 0.01, high: 1, log: false };
  const low = row.whole ? Math.max(1, Math.round(base / WIDE)) : base / WIDE;
  return { low, high: base * WIDE, log: true };
}

const toStep = ({ low, high, log }, value) =>
  STEPS * (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
const fromStep = ({ low, high, log }, step) =>
  log ? low * (high / low) ** (step / STEPS) : low + ((high - low) * step) / STEPS;

/**
 * `changed(value)`: a number was given; null takes it back. `complain(text)`: it was refused.
 * `update(value, given)` shows the number that holds.
 */
export function slider({ letter, row, range, units, changed, complain }) {
  const name = row.word.replaceAll("_", " ").replace(".", ", ");
  const input = el("input", { type: "range", min: "0", max: String(STEPS), step: "1", "aria-label": row.meaning });
  const box = el("input", { type: "text", inputmode: "decimal", "aria-label": `${row.meaning}, as a number`, spellcheck: "false", autocomplete: "off" });
  const back = el("button", { type: "button", class: "back", title: "As it was", "aria-label": `${name} as it was`, click: () => changed(null) }, "↺");
  input.addEventListener("input", () => {
    const value = fromStep(range, Number(input.value));
    changed(row.whole ? Math.round(value) : Number(value.toPrecision(6)));
  });
  const typed = () => {
    try {
      const value = units.read(box.value, row.unit);
      const error = refusal(value, row);
      if (error) throw new RangeError(`${value} ${error}`);
      box.removeAttribute("aria-invalid");
      complain("");
      changed(value);
    } catch (error) {
      box.setAttribute("aria-invalid", "true");
      complain(`${name}: ${error.message}.`);
    }
  };
  box.addEventListener("change", typed);
  const update = (value, given) => {
    const shown = units.human(value, row.unit);
    if (document.activeElement !== box || box.getAttribute("aria-invalid") !== "true") {
      if (box.value !== shown) box.value = shown;
    }
    const step = Math.min(STEPS, Math.max(0, toStep(range, value)));
    if (document.activeElement !== input || Math.abs(Number(input.value) - step) > 1) input.value = String(step);
    input.setAttribute("aria-valuetext", shown);
    back.hidden = !given;
    if (box.getAttribute("aria-invalid") === "true" && document.activeElement !== box) box.removeAttribute("aria-invalid");
  };
  const label = el("span", { class: "name" });
  say(label, name);
  const element = el("div", { class: "slider", title: row.meaning, "data-letter": letter }, label, box, back, input);
  return { element, update };
}
