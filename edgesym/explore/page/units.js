// Numbers as a person reads and writes them; the table of units is edgesym/units.py's.

const PLAIN = new Set(["1", "tokens", "sequences", "FLOP/B", "tokens/s"]);
const COUNTS = new Set(["1", "tokens", "sequences"]);
const COUNTED = { k: 2 ** 10, M: 2 ** 20 };
const NUMBER = /^([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?)\s*(\S*)$/i;
/** Significant digits of a number that is read. */
const DIGITS = 4;

/** A number with few digits: 1024, 17.07, 1.5e-10. */
export function digits(value, count = DIGITS) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "no number";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) {
    return Math.abs(value) >= 1e6 ? value.toLocaleString("en-US") : String(value);
  }
  const size = Math.abs(value);
  const rounded = Number(value.toPrecision(count));
  if (size >= 1e9 || size < 1e-4) return rounded.toExponential();
  return size >= 10 ** count ? value.toFixed(0) : String(rounded);
}

/** A number for a formula, powers of ten raised: 1.707×10¹⁰. */
export function inFormula(value) {
  const [number, exponent] = digits(value).replaceAll(",", "").split("e");
  if (!exponent && Math.abs(value) < 1e7) return number;
  const [mantissa, raised] = exponent
    ? [number, Number(exponent)]
    : Number(value.toPrecision(DIGITS)).toExponential().split("e").map(Number);
  const power = String(raised).replace(/./g, (letter) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(letter)]);
  return `${mantissa}×10${power}`;
}

export class Units {
  /** `table`: unit -> [base unit, factor]. */
  constructor(table) {
    this.table = new Map(Object.entries(table));
    this.prefixed = new Map();
    for (const [name, [base, factor]] of this.table) {
      const memory = base === "B" && name !== "B" && !name.includes("i");
      if (PLAIN.has(base) || memory || (base === "s" && factor > 1)) continue;
      if (/OP\/s$/.test(name) && !/FLOP\/s$/.test(name)) continue;
      if (base === "B/s" && name.includes("i")) continue;
      if (!this.prefixed.has(base)) this.prefixed.set(base, []);
      this.prefixed.get(base).push([factor, name]);
    }
    for (const rows of this.prefixed.values()) rows.sort((a, b) => a[0] - b[0]);
  }

  /** The factor and the name of the unit in which a number can be read. */
  suited(value, unit) {
    const rows = this.prefixed.get(unit);
    if (!rows || !Number.isFinite(value) || value === 0) return [1, unit];
    let found = rows[0];
    for (const row of rows) if (Math.abs(value) >= row[0]) found = row;
    return found;
  }

  /** A number with the prefix that makes it readable; bytes in IEC units. */
  human(value, unit, count = DIGITS) {
    const [factor, name] = this.suited(value, unit);
    return `${digits(value / factor, count)} ${name}`.replace(/ 1$/, "").replace(" us", " µs");
  }

  /** Two ends in the unit that suits the upper one, few digits. */
  span([low, high], unit) {
    const [factor, name] = this.suited(high, unit);
    return `${digits(low / factor, 3)} to ${digits(high / factor, 3)} ${name}`.replace(/ 1$/, "").replace(" us", " µs");
  }

  /** The number that a text gives, in a base unit; an error says what is wrong with it. */
  read(text, unit) {
    const match = NUMBER.exec(text.trim().replaceAll(",", "").replace("µ", "u"));
    if (!match) throw new RangeError(`“${text.slice(0, 40)}” is no number`);
    const number = Number(match[1].replaceAll("_", ""));
    const behind = match[2];
    if (COUNTS.has(unit) && Object.hasOwn(COUNTED, behind)) return number * COUNTED[behind];
    if (!behind || behind === unit) return number;
    const known = this.table.get(behind);
    if (!known || known[0] !== unit) {
      const fitting = [...this.table].filter(([, [base]]) => base === unit).map(([name]) => name);
      throw new RangeError(
        `“${behind.slice(0, 20)}” is no unit of this; write ${fitting.join(", ") || "a bare number"}`,
      );
    }
    return number * known[1];
  }
}

/** A cell of a CSV file; what a spreadsheet would run as a formula, also behind a semicolon, is made text. */
export function cell(value) {
  const inert = (text) => (/^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text);
  const plain = typeof value === "string" ? value.split(";").map(inert).join(";") : String(value);
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
