// Formulas in MathML, and below each the same with its letters exchanged for numbers.

import { el, trusted } from "./elements.js";
import { inFormula } from "./units.js";

const MARK = "data-symbol";
const MATH = "http://www.w3.org/1998/Math/MathML";

/** The summands of a formula, a line ending between them where it must. */
function summands(terms) {
  return terms.flatMap((term, i) => {
    const math = trusted(term);
    return i === 0 || /^<math><mrow><mo>-/.test(term) ? [math, " "] : [el("span", { class: "sign" }, "+ "), math, " "];
  });
}

/** A formula with numbers: `slots` are elements, each with the letter whose number it shows. */
function withNumbers(terms, slots) {
  return summands(terms).map((part) => {
    if (typeof part === "string" || part instanceof Element) return part;
    for (const marked of [...part.querySelectorAll(`[${MARK}]`)]) {
      const number = document.createElementNS(MATH, "mn");
      slots.push([number, marked.getAttribute(MARK)]);
      marked.replaceWith(number);
    }
    for (const sign of part.querySelectorAll("mo")) {
      if (sign.textContent === "\u2062") sign.textContent = "·";
    }
    return part;
  });
}

/** A formula of a quantity: letters, numbers, result. `update(answer)` puts numbers in. */
export function formulaOf(name, formula, symbols) {
  const slots = [];
  const places = { ...formula.named };
  const line = (left, { terms }) => [
    el("p", { class: "math" }, left, " = ", summands(terms)),
    el("p", { class: "math numbers" }, "= ", withNumbers(terms, slots)),
  ];
  const rows = [line(el("var", {}, name), formula)];
  for (const one of formula.where) {
    places[one.letter] = one.place;
    rows.push(el("div", { class: "where" }, line(trusted(one.math), one)));
  }
  const result = el("p", { class: "math result" });
  const letters = [...new Set(slots.map(([, letter]) => letter))].filter((letter) => letter in symbols);
  const meanings = el(
    "dl",
    { class: "meanings" },
    letters.sort().flatMap((letter) => [el("dt", {}, trusted(symbols[letter].math)), el("dd", {}, symbols[letter].meaning)]),
  );
  const named = Object.entries(places);
  const update = (answer, text) => {
    const found = answer.further(`formula ${name}`, named.map(([, place]) => place));
    const numbers = { ...answer.values };
    named.forEach(([letter], i) => (numbers[letter] = found[i]));
    for (const [slot, letter] of slots) {
      const shown = inFormula(numbers[letter]);
      if (slot.textContent !== shown) slot.textContent = shown;
    }
    result.textContent = `= ${text}`;
  };
  const box = el(
    "div",
    {},
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Formula of ${name}` }, rows, result),
    el("details", {}, el("summary", {}, "What the letters mean"), meanings),
  );
  return { box, update };
}

/** Formulas as LaTeX: each, what its names stand for, and the numbers that were put in. */
export function latexOf(machine, answer, symbols, title) {
  const lines = [`% ${title}`, "\\begin{align*}"];
  const text = (name) => `\\mathrm{${name.replaceAll("_", "\\_")}}`;
  const letters = new Set();
  for (const [name, formula] of Object.entries(machine.program.formulas)) {
    lines.push(`  ${text(name)} &= ${formula.latex} \\\\`);
    for (const one of formula.where) lines.push(`  ${one.letter} &= ${one.latex} \\\\`);
  }
  lines.push("\\end{align*}", "\\begin{tabular}{lll}");
  for (const letter of machine.letters) letters.add(letter);
  for (const letter of [...letters].sort()) {
    const row = symbols[letter];
    lines.push(`  $${row.latex}$ & ${row.meaning} & $${String(answer.values[letter])}$ \\\\`);
  }
  return `${[...lines, "\\end{tabular}"].join("\n")}\n`;
}
