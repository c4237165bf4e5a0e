// All numbers of a setup: its tape, run at the numbers that a person has chosen.

import { spreadOf } from "./spread.js";
import { Tape } from "./tape.js";
import { bindingOf, waitsOf } from "./waits.js";

/** Of the memory: less left is tight (edgesym/analysis/estimate.py). */
const TIGHT = 0.1;
/** Points that a crossing is looked for between, and halvings of the piece that it is in. */
const PIECES = 48;
const HALVINGS = 60;
/** Quantities of which more is better; of all others less is. */
const MORE = new Set(["tokens_per_second", "arithmetic_intensity"]);
const PHASES = ["prefill", "decode"];
const FOLLOWS = "S";

export class Machine {
  /**
   * `program`: tape and places, as edgesym/explore/program.py writes them. `setup`: what is said
   * of it. `numbers`: letter -> number. `spread`: what intervals come from.
   */
  constructor(program, setup, numbers, spread) {
    this.program = program;
    this.setup = setup;
    this.base = Object.assign(Object.create(null), numbers);
    for (const [letter, value] of Object.entries(this.base)) this.base[letter] = Number(value);
    this.base.M_0 = setup.size;
    if (setup.reserve !== null) this.base.M_r = setup.reserve;
    this.spread = spread;
    this.tape = new Tape(program.tape);
    const { quantities, ends, waits, kernels, weights } = program;
    const ofKernels = PHASES.flatMap((phase) => kernels[phase].flatMap((row) => row.slice(1)));
    this.main = this.tape.path("main", [
      ...Object.values(quantities),
      ...Object.values(ends),
      ...waits.places,
      ...ofKernels,
      ...weights.map((row) => row[1]),
    ]);
  }

  /** The quantities that the setup has, by name. */
  get names() {
    return Object.keys(this.program.quantities);
  }

  /** Every letter that something depends on. */
  get letters() {
    return [...this.tape.inputs, "M_0", "M_r"].filter((letter) => letter in this.base);
  }

  /** The number of every letter where some are given; the context follows the generation. */
  values(given) {
    const values = Object.assign(Object.create(null), this.base, given);
    if (!Object.hasOwn(given, FOLLOWS)) values[FOLLOWS] = values.S_p + values.T_g;
    return values;
  }

  /** Everything at a point. */
  at(given) {
    const values = this.values(given);
    const numbers = this.tape.run(this.tape.filled(values), this.main);
    return new Answer(this, given, values, numbers);
  }

  pathOf(name) {
    return this.tape.path(`of ${name}`, [this.program.quantities[name]]);
  }

  /** One quantity as a function of one letter, all else as it is. */
  along(name, letter, given) {
    const path = this.pathOf(name);
    const values = this.values(given);
    const moves = letter === "S_p" || letter === "T_g" ? !Object.hasOwn(given, FOLLOWS) : false;
    const numbers = this.tape.filled(values);
    const place = this.tape.inputs.indexOf(letter);
    const context = this.tape.inputs.indexOf(FOLLOWS);
    const other = letter === "S_p" ? values.T_g : values.S_p;
    const output = this.tape.results[this.program.quantities[name]];
    return (at) => {
      if (place >= 0) numbers[place] = at;
      if (moves && context >= 0) numbers[context] = at + other;
      return this.tape.run(numbers, path)[output];
    };
  }

  /**
   * The number of a letter at which a quantity has a value; counts are rounded so that it is met.
   * The crossing nearest to where the letter is now; null where there is none in the range.
   */
  inverse(name, target, letter, [low, high], given, whole = false) {
    const of = this.along(name, letter, given);
    const now = Math.log(Math.min(Math.max(this.values(given)[letter], low), high));
    const [from, to] = [Math.log(low), Math.log(high)];
    let best = null;
    let [before, start] = [of(low) - target, from];
    for (let i = 1; i <= PIECES; i++) {
      const end = from + ((to - from) * i) / PIECES;
      const after = of(Math.exp(end)) - target;
      if (before <= 0 !== after <= 0 && Number.isFinite(before) && Number.isFinite(after)) {
        const near = Math.min(Math.abs(start - now), Math.abs(end - now));
        if (best === null || near < best.near) best = { near, start, end, rising: after > before };
      }
      [before, start] = [after, end];
    }
    if (best === null) return null;
    let { start: left, end: right } = best;
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (left + right) / 2;
      if (of(Math.exp(middle)) - target > 0 === best.rising) right = middle;
      else left = middle;
    }
    const found = Math.exp((left + right) / 2);
    if (!whole) return found;
    const meets = (at) => (MORE.has(name) ? of(at) >= target : of(at) <= target);
    const near = [Math.round(found), Math.floor(found), Math.ceil(found)];
    return near.find((at) => at >= 1 && meets(at)) ?? Math.max(1, Math.floor(found));
  }
}

/** The numbers of a setup at a point. */
export class Answer {
  constructor(machine, given, values, numbers) {
    this.machine = machine;
    this.given = given;
    this.values = values;
    this.numbers = numbers;
    this.slopes = new Map();
    const { quantities, ends } = machine.program;
    this.quantities = Object.create(null);
    for (const [name, place] of Object.entries(quantities)) {
      this.quantities[name] = this.number(place);
    }
    this.ends = Object.create(null);
    for (const [name, place] of Object.entries(ends)) this.ends[name] = this.number(place);
    this.waits = waitsOf(machine.program, (place) => this.number(place), values.q ?? 2);
    this.bound = bindingOf(this.waits);
  }

  /** The number of an output, which was computed with the main path. */
  number(place) {
    return this.numbers[this.machine.tape.results[place]];
  }

  /** The number of an output of another part of the program: formulas, the graph. */
  further(part, places) {
    const { tape } = this.machine;
    tape.run(this.numbers, tape.path(part, places));
    return places.map((place) => this.number(place));
  }

  /** dQ/dx of a quantity by each letter. */
  slope(name) {
    if (!this.slopes.has(name)) {
      const { tape, program } = this.machine;
      const found = tape.gradient(this.numbers, this.machine.pathOf(name), program.quantities[name]);
      const rates = Object.create(null);
      tape.inputs.forEach((letter, place) => (rates[letter] = found[place]));
      this.slopes.set(name, rates);
    }
    return this.slopes.get(name);
  }

  /** One standard deviation of a quantity, and what 90 % of its spread lies between. */
  spread(name) {
    const { spread } = this.machine;
    const rates = this.slope(name);
    const value = this.quantities[name];
    const slope = (letter) => rates[letter] ?? 0;
    const best = spread.scatter ? this.bestOf(name) : null;
    return spreadOf(name, value, slope, spread, this.given, this.quantities, best);
  }

  /** A quantity with every utilisation of the fit at 1, and no fixed cost. */
  bestOf(name) {
    const { tape, spread, program } = this.machine;
    const ideal = Object.entries(spread.best).filter(([letter]) => !Object.hasOwn(this.given, letter));
    const numbers = tape.filled({ ...this.values, ...Object.fromEntries(ideal) });
    return tape.run(numbers, this.machine.pathOf(name))[tape.results[program.quantities[name]]];
  }

  /** d ln Q / d ln x by letter, the strongest first. */
  elasticities(name) {
    const rates = this.slope(name);
    const value = this.quantities[name];
    return Object.entries(rates)
      .map(([letter, rate]) => ({ letter, rate, elasticity: (rate * this.values[letter]) / value }))
      .filter(({ elasticity }) => Math.abs(elasticity) >= 5e-4 && Number.isFinite(elasticity))
      .sort((a, b) => Math.abs(b.elasticity) - Math.abs(a.elasticity));
  }

  /** What fills the memory, and whether it fits. */
  get memory() {
    const { setup, program } = this.machine;
    const held = this.quantities.weight_memory_bytes;
    const groups = program.weights.map(([group, place]) => ({
      name: `weights: ${group.replaceAll("_", " ")}`,
      kind: "weights",
      bytes: this.number(place),
    }));
    const stored = groups.reduce((sum, one) => sum + one.bytes, 0);
    const beside = held - stored;
    const weights = groups.length && beside > -1 ? groups : [{ name: "weights", kind: "weights", bytes: held }];
    if (groups.length && beside >= 1) {
      weights.push({ name: "weights: held besides", kind: "weights", bytes: beside });
    }
    const size = this.values.M_0;
    const reserve = setup.reserve === null ? null : this.values.M_r;
    const parts = [
      ...weights.sort((a, b) => b.bytes - a.bytes),
      { name: "cache", kind: "cache", bytes: this.quantities.kv_cache_memory_bytes },
      { name: "buffers", kind: "buffers", bytes: this.quantities.compute_buffer_bytes },
      { name: "system and runtime", kind: "reserve", bytes: reserve ?? 0 },
    ];
    const left = size - (reserve ?? 0) - this.quantities.memory_footprint;
    const fits = left >= 0;
    return { parts, size, reserve, left, fits, tight: fits && left < TIGHT * size };
  }

  /** Kernels under the roof: intensity, rate, and seconds of all runs. */
  get marks() {
    return PHASES.flatMap((phase) => {
      const rows = this.machine.program.kernels[phase].map(([name, ...places]) => {
        const [repeat, flops, bytes, time] = places.map((place) => this.number(place));
        const seconds = repeat * time;
        return { phase, name, flops, bytes, repeat, seconds, rate: (flops * repeat) / seconds };
      });
      const total = rows.reduce((sum, row) => sum + row.seconds, 0);
      return rows.map((row) => ({ ...row, intensity: row.flops / row.bytes, share: row.seconds / total }));
    });
  }
}

/** Numbers from low to high, evenly spaced on a logarithmic scale; counts are whole, each once. */
export function spaced(low, high, count, whole) {
  const found = [];
  for (let i = 0; i < count; i++) {
    const at = low * (high / low) ** (i / (count - 1));
    const number = whole ? Math.round(at) : at;
    if (number !== found.at(-1)) found.push(number);
  }
  return found;
}

/** A quantity along a letter, with its interval, what binds, and whether it fits, at each point. */
export function series(machine, name, letter, points, given) {
  return points.map((x) => {
    const answer = machine.at({ ...given, [letter]: x });
    const { interval } = answer.spread(name);
    const { fits } = answer.memory;
    return { x, y: answer.quantities[name], low: interval[0], high: interval[1], bound: answer.bound, fits };
  });
}

/** Where what is said of neighbouring points changes, in the middle of them: {x, from, to}. */
export function borders(points, said) {
  const found = [];
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [said(points[i - 1]), said(points[i])];
    if (from !== to) found.push({ x: Math.sqrt(points[i - 1].x * points[i].x), from, to });
  }
  return found;
}
