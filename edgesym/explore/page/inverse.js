// Drag a conclusion: what one symbol must be for a quantity to be what is wanted.

import { el } from "./elements.js";
import { rangeOf, slider } from "./sliders.js";

const SPAN = 16;
const FURTHER = 64;

/** The card's content; `put(letter, value)` gives the symbol the number that was found. */
export function inverseOf({ machine, units, symbols, limit, put, complain }) {
  const said = el("p", { class: "verdict", "aria-live": "polite" });
  const button = el("button", { type: "button", click: () => put(found.letter, found.value) }, "Put it in");
  const box = el("div", { class: "inverse" });
  let found = { letter: "", value: null };
  let target = null;
  let made = null;
  let asked = "";
  let last = null;

  function solved() {
    const { answer, quantity, unknown, unit } = last;
    const row = symbols[unknown];
    const wanted = target ?? answer.quantities[quantity];
    const now = answer.values[unknown];
    const range = rangeOf(unknown, row, machine.base[unknown], limit);
    const [low, high] = [Math.max(range.low / FURTHER, row.whole ? 1 : 1e-30), row.share ? 1 : range.high * FURTHER];
    const value = Number.isFinite(now) && now > 0 ? machine.inverse(quantity, wanted, unknown, [low, high], answer.given, row.whole) : null;
    found = { letter: unknown, value };
    const name = row.word.replaceAll("_", " ");
    made.update(wanted, target !== null);
    button.hidden = value === null || target === null;
    if (value === null) {
      const of = machine.along(quantity, unknown, answer.given);
      const ends = [low, high].map((at) => units.human(of(at), unit));
      said.textContent = `No ${name} from ${units.human(low, row.unit)} to ${units.human(high, row.unit)} gives ${units.human(wanted, unit)}: there it is ${ends[0]} and ${ends[1]}.`;
      said.dataset.tone = "bad";
      return;
    }
    const times = value / now;
    const change = Math.abs(times - 1) < 5e-4 ? "as now" : `${times.toPrecision(3)} times what it is now`;
    said.textContent = `${units.human(wanted, unit)} takes a ${name} of ${units.human(value, row.unit)}, ${change}.`;
    said.dataset.tone = "";
  }

  function update(answer, quantity, unknown, unit) {
    last = { answer, quantity, unknown, unit };
    const value = answer.quantities[quantity];
    if (asked !== `${quantity} ${unknown}`) {
      asked = `${quantity} ${unknown}`;
      target = null;
      const row = { word: quantity, meaning: `Wanted: ${quantity.replaceAll("_", " ")}`, unit, whole: false, zero: false, share: false };
      const range = { low: value / SPAN, high: value * SPAN, log: true };
      const changed = (wanted) => {
        target = wanted;
        solved();
      };
      made = slider({ letter: quantity, row, range, units, changed, complain });
      box.replaceChildren(made.element, said, button);
    }
    solved();
  }
  return { box, update };
}
