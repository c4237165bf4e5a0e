// Closed forms as steps over numbers: what edgesym/engine/portable.py writes, run and derived.

/** Operations by their number, in the order of edgesym.engine.arithmetic.OPERATIONS. */
const [ADD, MULTIPLY, POWER, MAXIMUM, MINIMUM, REMAINDER, FLOOR, CEILING, LOG, POWER_SUM] =
  Array(10).keys();

const power = (base, exponent) =>
  exponent === -1 ? 1 / base : exponent === 2 ? base * base : base ** exponent;
const powerSum = (ratio, terms) => (ratio === 1 ? terms : (1 - ratio ** terms) / (1 - ratio));

/** Steps over places of numbers: the inputs, the constants, then what each step computes. */
export class Tape {
  constructor({ inputs, constants, code, results }) {
    this.inputs = inputs;
    this.constants = constants;
    this.code = Int32Array.from(code);
    this.results = results;
    this.first = inputs.length + constants.length;
    const starts = [];
    for (let at = 0; at < code.length; at += 2 + code[at + 1]) starts.push(at);
    this.starts = Int32Array.from(starts);
    this.size = this.first + starts.length;
    this.paths = new Map();
    this.adjoints = new Float64Array(this.size);
  }

  /** The steps that outputs need, in their order; remembered by `name`. */
  path(name, outputs) {
    if (!this.paths.has(name)) {
      const needed = new Uint8Array(this.size);
      for (const output of outputs) needed[this.results[output]] = 1;
      const steps = [];
      for (let step = this.starts.length - 1; step >= 0; step--) {
        if (!needed[this.first + step]) continue;
        steps.push(step);
        const at = this.starts[step];
        for (let k = 0; k < this.code[at + 1]; k++) needed[this.code[at + 2 + k]] = 1;
      }
      this.paths.set(name, Int32Array.from(steps.reverse()));
    }
    return this.paths.get(name);
  }

  /** Numbers at all places, the inputs put in by letter; what no step has computed is 0. */
  filled(values) {
    const numbers = new Float64Array(this.size);
    this.inputs.forEach((letter, place) => {
      numbers[place] = values[letter];
    });
    numbers.set(this.constants, this.inputs.length);
    return numbers;
  }

  /** Compute the steps of a path. */
  run(numbers, path) {
    const { code, starts, first } = this;
    for (let i = 0; i < path.length; i++) {
      const step = path[i];
      const at = starts[step];
      const end = at + 2 + code[at + 1];
      let value = numbers[code[at + 2]];
      switch (code[at]) {
        case ADD:
          for (let k = at + 3; k < end; k++) value += numbers[code[k]];
          break;
        case MULTIPLY:
          for (let k = at + 3; k < end; k++) value *= numbers[code[k]];
          break;
        case POWER:
          value = power(value, numbers[code[at + 3]]);
          break;
        case MAXIMUM:
          for (let k = at + 3; k < end; k++) value = Math.max(value, numbers[code[k]]);
          break;
        case MINIMUM:
          for (let k = at + 3; k < end; k++) value = Math.min(value, numbers[code[k]]);
          break;
        case REMAINDER:
          value -= numbers[code[at + 3]] * Math.floor(value / numbers[code[at + 3]]);
          break;
        case FLOOR:
          value = Math.floor(end - at > 3 ? value / numbers[code[at + 3]] : value);
          break;
        case CEILING:
          value = Math.ceil(end - at > 3 ? value / numbers[code[at + 3]] : value);
          break;
        case LOG:
          value = Math.log(value);
          break;
        case POWER_SUM:
          value = powerSum(value, numbers[code[at + 3]]);
          break;
        default:
          throw new Error(`operation ${code[at]} has no rule`);
      }
      numbers[first + step] = value;
    }
    return numbers;
  }

  /**
   * The derivatives of one output by every place, on the branch that holds at the numbers:
   * a maximum keeps the argument that it takes, a rounding its number. Reverse accumulation
   * (Griewank and Walther 2008, Evaluating Derivatives, chapter 3).
   */
  gradient(numbers, path, output) {
    const { code, starts, first, adjoints } = this;
    adjoints.fill(0);
    adjoints[this.results[output]] = 1;
    for (let i = path.length - 1; i >= 0; i--) {
      const step = path[i];
      const given = adjoints[first + step];
      if (given === 0) continue;
      const at = starts[step];
      const end = at + 2 + code[at + 1];
      const value = numbers[first + step];
      const one = code[at + 2];
      const other = code[at + 3];
      switch (code[at]) {
        case ADD:
          for (let k = at + 2; k < end; k++) adjoints[code[k]] += given;
          break;
        case MULTIPLY:
          for (let k = at + 2; k < end; k++) {
            let rest = given;
            for (let j = at + 2; j < end; j++) if (j !== k) rest *= numbers[code[j]];
            adjoints[code[k]] += rest;
          }
          break;
        case POWER: {
          const base = numbers[one];
          const exponent = numbers[other];
          adjoints[one] += given * exponent * power(base, exponent - 1);
          if (base > 0) adjoints[other] += given * value * Math.log(base);
          break;
        }
        case MAXIMUM:
        case MINIMUM:
          for (let k = at + 2; k < end; k++) {
            if (numbers[code[k]] === value) {
              adjoints[code[k]] += given;
              break;
            }
          }
          break;
        case REMAINDER:
          adjoints[one] += given;
          adjoints[other] -= given * Math.floor(numbers[one] / numbers[other]);
          break;
        case LOG:
          adjoints[one] += given / numbers[one];
          break;
        case POWER_SUM: {
          const ratio = numbers[one];
          const terms = numbers[other];
          if (ratio === 1) {
            adjoints[one] += (given * terms * (terms - 1)) / 2;
            adjoints[other] += given;
          } else {
            const top = value - terms * ratio ** (terms - 1);
            adjoints[one] += (given * top) / (1 - ratio);
            if (ratio > 0) adjoints[other] -= (given * ratio ** terms * Math.log(ratio)) / (1 - ratio);
          }
          break;
        }
        default: // a rounding stays where it is
      }
    }
    return adjoints;
  }
}
