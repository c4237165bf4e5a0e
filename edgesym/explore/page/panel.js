// One setup: what is chosen of it, and what follows.

import * as charts from "./charts.js";
import { dataflowOf } from "./dataflow.js";
import { pictureButtons } from "./download.js";
import { card, choice, el, numbersTable, say } from "./elements.js";
import { formulaOf } from "./formula.js";
import { inverseOf } from "./inverse.js";
import { rangeOf, slider } from "./sliders.js";
import { bindingOf, REGIMES } from "./waits.js";

/** Symbols that have a slider from the start. */
const FIRST = ["S", "b", "S_p", "T_g", "W_m", "P"];
const MOST_BARS = 12;
const HEADS = [
  ["tokens_per_second", "tokens per second"],
  ["time_per_output_token", "per token"],
  ["time_to_first_token", "first token"],
  ["memory_footprint", "memory"],
];

export class Panel {
  /** `page`: state, store, and what to do when something changes; `side`: a or b. */
  constructor(page, side) {
    this.page = page;
    this.side = side;
    this.controls = el("div", { class: "controls", "data-side": side });
    this.results = el("section", { class: "setup", "data-side": side, "aria-label": `Setup ${side.toUpperCase()}` });
    this.shown = new Set(FIRST);
    this.key = "";
  }

  get chosen() {
    return this.page.state[this.side];
  }

  get limit() {
    return this.page.store.index.models.find(({ name }) => name === this.chosen.model).limit;
  }

  /** Load the machine of what is chosen; build anew what depends on it. */
  async load() {
    const { store } = this.page;
    const key = store.key(this.chosen);
    const machine = await store.machine(this.chosen);
    if (key !== store.key(this.chosen)) return; // something else was chosen meanwhile
    if (key === this.key) return;
    this.key = key;
    this.machine = machine;
    this.makeControls();
    this.makeResults();
  }

  makeControls() {
    const { store, changed } = this.page;
    const { models, devices, recipes, symbols } = store.index;
    const chosen = this.chosen;
    const choose = (name) => (value) => {
      const before = { ...chosen };
      chosen[name] = value;
      if (name === "model") for (const letter of Object.keys(chosen.given)) if (symbols[letter].scope === "model") delete chosen.given[letter];
      if (name !== "recipe" && !store.runtimes(chosen).includes(chosen.runtime)) chosen.runtime = devices.find(({ id }) => id === chosen.device).usual;
      const { refused } = store.index.setups[store.key(chosen)];
      if (refused) {
        Object.assign(chosen, before);
        this.page.notice(refused, true);
        this.makeControls();
      }
      changed();
    };
    const runtimes = store.runtimes(chosen).map((id) => [id, id]);
    this.sliders = new Map();
    this.list = el("div", { class: "sliders" });
    for (const letter of this.shown) this.addSlider(letter);
    for (const letter of Object.keys(chosen.given)) this.addSlider(letter);
    this.controls.replaceChildren(
      choice("Model", models.map(({ name }) => [name, name]), chosen.model, choose("model")),
      choice("Device", devices.map(({ id, name }) => [id, name]), chosen.device, choose("device")),
      choice("Runtime", runtimes, chosen.runtime, choose("runtime")),
      choice("Weights", recipes.map((name) => [name, name]), chosen.recipe, choose("recipe")),
      this.list,
      this.moreSliders(),
    );
  }

  /** A list of the symbols that have no slider yet, by who gives them. */
  moreSliders() {
    const { symbols } = this.page.store.index;
    const groups = new Map();
    for (const letter of this.machine.letters) {
      if (this.sliders.has(letter)) continue;
      const row = symbols[letter];
      if (!groups.has(row.scope)) groups.set(row.scope, []);
      groups.get(row.scope).push([letter, `${row.word.replaceAll("_", " ")} (${letter})`]);
    }
    const options = [["", "any symbol…"], ...[...groups].map(([label, listed]) => ({ label, options: listed }))];
    return choice("Add a slider", options, "", (letter) => {
      if (!letter) return;
      this.shown.add(letter);
      this.makeControls();
      this.page.schedule();
      this.list.lastElementChild.querySelector("input[type=range]").focus();
    });
  }

  addSlider(letter) {
    if (this.sliders.has(letter) || !this.machine.letters.includes(letter)) return;
    const { store } = this.page;
    const row = store.index.symbols[letter];
    const base = this.machine.values({})[letter];
    const made = slider({
      letter,
      row,
      range: rangeOf(letter, row, base, this.limit),
      units: store.units,
      changed: (value) => this.give(letter, value),
      complain: (text) => this.page.notice(text, true),
    });
    this.sliders.set(letter, made);
    this.list.append(made.element);
  }

  /** Give a symbol a number, or take it back. */
  give(letter, value) {
    if (value === null) delete this.chosen.given[letter];
    else this.chosen.given[letter] = value;
    if (!this.sliders.has(letter)) this.addSlider(letter);
    this.page.schedule();
  }

  makeResults() {
    const { store, state } = this.page;
    const { units, index } = store;
    this.heads = new Map(HEADS.map(([name, label]) => [name, { value: el("strong"), span: el("span"), label }]));
    this.title = el("h2");
    this.text = el("p", { class: "note" });
    this.notes = el("div", { class: "notes" });
    this.pictures = Object.fromEntries(Object.entries(charts.HEIGHTS).map(([name, height]) => [name, charts.picture(height)]));
    this.fits = el("p", { class: "verdict" });
    this.bound = el("p", { class: "verdict" });
    this.memoryTable = el("tbody");
    this.waitsTable = el("tbody");
    this.formulaBox = el("div");
    this.formulas = new Map();
    this.inverse = inverseOf({
      machine: this.machine,
      units,
      symbols: index.symbols,
      limit: this.limit,
      put: (letter, value) => this.give(letter, value),
      complain: (text) => this.page.notice(text, true),
    });
    this.flow = dataflowOf(this.machine, units);
    this.flowPhase = this.flowPhase ?? "decode";
    this.tables = {
      roofline: numbersTable(["kernel", "phase", "FLOP/B", "FLOP/s", "share"], () =>
        this.answer.marks.map((m) => [m.name, m.phase, m.intensity.toPrecision(4), units.human(m.rate, "FLOP/s"), `${(100 * m.share).toFixed(2)} %`]),
      ),
      line: numbersTable(["at", "value", "90 % from", "to", "bound by"], () => {
        const unit = index.quantities[state.quantity].unit;
        return this.points.map((p) => [p.x.toPrecision(5), ...[p.y, p.low, p.high].map((v) => units.human(v, unit)), p.bound]);
      }),
      bars: numbersTable(["symbol", "elasticity", "derivative"], () =>
        this.elastic.map((row) => [index.symbols[row.letter].word, row.elasticity.toFixed(4), row.rate.toPrecision(5)]),
      ),
    };
    const tools = (name) => pictureButtons(this.pictures[name], () => `edgesym-${name}-${this.chosen.model}`);
    const chart = (title, name, label) => card(title, tools(name), label ?? [], this.pictures[name], this.tables[name].box);
    this.results.replaceChildren(
      el("header", { class: "head" }, this.title, this.text, this.notes),
      el("div", { class: "heads" }, [...this.heads.values()].map(({ value, span, label }) => el("div", { class: "head-number" }, el("span", { class: "label" }, label), value, span))),
      card("Memory", tools("memory"), this.fits, this.pictures.memory, el("table", { class: "parts" }, el("caption", { class: "hidden" }, "What fills the memory"), this.memoryTable)),
      card("A token", tools("waits"), this.bound, this.pictures.waits, el("table", { class: "parts" }, el("caption", { class: "hidden" }, "What a decode step waits for"), this.waitsTable)),
      card("Formula", [], this.page.quantityChoice(this), this.formulaBox),
      card("Drag the conclusion", [], this.page.unknownChoice(this), this.inverse.box),
      chart("Roofline", "roofline"),
      chart("What it answers to", "bars"),
      chart("Against", "line", this.page.overChoice(this)),
      card("Dataflow", [this.phaseChoice()], this.flow.box),
    );
  }

  /** Which step the dataflow graph shows. */
  phaseChoice() {
    const phases = ["decode", "prefill"].map((phase) => [phase, phase]);
    return choice("Phase", phases, this.flowPhase, (phase) => {
      this.flowPhase = phase;
      this.page.schedule();
    });
  }

  /** Compute everything at the numbers that are given. */
  compute() {
    const { state, store } = this.page;
    const answer = this.machine.at(this.chosen.given);
    this.answer = answer;
    this.spreads = new Map(HEADS.map(([name]) => [name, answer.spread(name)]));
    this.elastic = answer.elasticities(state.quantity).slice(0, MOST_BARS);
    this.memory = answer.memory;
    return store.units;
  }

  /** Show what was computed. */
  show() {
    const { state, store } = this.page;
    const { units, index } = store;
    const { answer, memory } = this;
    const { setup } = this.machine;
    say(this.title, setup.title);
    say(this.text, `weights ${this.chosen.recipe}, computed in ${setup.dtype}, ${this.chosen.runtime}; a token timed at a context of ${answer.values.S}`);
    this.showNotes(setup, answer);
    for (const [name, { value, span }] of this.heads) {
      const unit = index.quantities[name].unit;
      say(value, units.human(answer.quantities[name], unit));
      const { interval } = this.spreads.get(name);
      const ranged = interval[1] > interval[0] * (1 + 1e-9);
      say(span, name === "memory_footprint" ? `of ${units.human(memory.size, "B")}` : ranged ? `90 %: ${units.span(interval, unit)}` : "");
    }
    this.showMemory(memory, setup, units);
    this.showWaits(answer, units);
    for (const [letter, made] of this.sliders) made.update(answer.values[letter], Object.hasOwn(this.chosen.given, letter));
    const unit = index.quantities[state.quantity].unit;
    this.showFormula(answer, units, unit);
    this.inverse.update(answer, state.quantity, this.letter(state.unknown), unit);
    charts.roofline(this.pictures.roofline, answer, units);
    const over = this.letter(state.over);
    const row = index.symbols[over];
    const { low, high } = rangeOf(over, row, this.machine.values({})[over], this.limit);
    const step = index.quantities[state.quantity].phase !== "prefill";
    this.points = charts.against(this.pictures.line, this.machine, this.chosen.given, state.quantity, over, [Math.max(low, row.whole ? 1 : high / 1e6), high], row, unit, units, step);
    charts.elasticities(this.pictures.bars, this.elastic, (letter) => index.symbols[letter].word.replaceAll("_", " ").replace(".", ", "));
    this.flow.update(answer, this.flowPhase);
    for (const { fill } of Object.values(this.tables)) fill();
  }

  /** The result in a line, for a screen that shows the sliders alone. */
  get summary() {
    const { units } = this.page.store;
    const { tokens_per_second: rate, time_per_output_token: time, memory_footprint: held } = this.answer.quantities;
    return `${units.human(rate, "tokens/s", 3)} · ${units.human(time, "s", 3)} · ${units.human(held, "B", 3)} ${this.memory.fits ? "fits" : "does not fit"}`;
  }

  /** The letter of a word, or the first that the machine has in its place. */
  letter(word) {
    const letter = this.page.store.letters.get(word);
    return this.machine.letters.includes(letter) ? letter : "S";
  }

  showNotes(setup, answer) {
    const notes = [...setup.notes];
    if (setup.stands.length) notes.push(`Stands on ${setup.stands.join("; ")}.`);
    if (this.limit && answer.values.S > this.limit) notes.push(`A context of ${answer.values.S} is longer than the ${this.limit} that the model is made for.`);
    const text = notes.join("\n");
    if (this.notes.dataset.text === text) return;
    this.notes.dataset.text = text;
    this.notes.replaceChildren(...notes.map((note) => el("p", { class: "note" }, note)));
  }

  showMemory(memory, setup, units) {
    const { left, fits, tight, size } = memory;
    const verb = setup.lower ? "may fit" : "fits";
    const verdict = fits ? (tight ? `${verb} tightly: ${units.human(left, "B")} left` : `${verb}: ${units.human(left, "B")} left`) : `does not fit: ${units.human(-left, "B")} too much`;
    say(this.fits, `It ${verdict}${setup.lower && fits ? `, as ${setup.lower}` : ""}.`);
    this.fits.dataset.tone = fits ? (tight || setup.lower ? "caution" : "good") : "bad";
    const parts = memory.parts.map((part) => ({ ...part, value: part.bytes }));
    charts.stacked(this.pictures.memory, `Memory: ${verdict}`, parts, "B", units, size);
    this.rows(this.memoryTable, parts, (part) => units.human(part.value, "B"), size);
  }

  showWaits(answer, units) {
    const parts = REGIMES.map((name) => ({ name, kind: name, value: answer.waits[name] })).filter(({ value }) => value > 0);
    const total = parts.reduce((sum, { value }) => sum + value, 0);
    const most = bindingOf(answer.waits);
    say(this.bound, `A decode step of ${units.human(total, "s")} waits ${((100 * answer.waits[most]) / total).toFixed(1)} % of it for ${most}.`);
    charts.stacked(this.pictures.waits, `A decode step waits most for ${most}`, parts, "s", units);
    this.rows(this.waitsTable, parts.sort((a, b) => b.value - a.value), (part) => units.human(part.value, "s"), total);
  }

  rows(body, parts, textOf, whole) {
    const texts = parts.filter(({ value }) => value > 0).map((part) => [part, textOf(part), `${((100 * part.value) / whole).toFixed(1)} %`]);
    if (body.rows.length === texts.length && texts.every(([part], i) => body.rows[i].dataset.name === part.name)) {
      texts.forEach(([, text, share], i) => {
        say(body.rows[i].cells[1], text);
        say(body.rows[i].cells[2], share);
      });
      return;
    }
    body.replaceChildren(
      ...texts.map(([part, text, share]) => {
        const chip = el("span", { class: "chip", style: `background:${charts.colourOf(part.kind)}` });
        return el("tr", { "data-name": part.name }, el("th", { scope: "row" }, chip, part.name), el("td", {}, text), el("td", {}, share));
      }),
    );
  }

  showFormula(answer, units, unit) {
    const { quantity } = this.page.state;
    if (!this.formulas.has(quantity)) {
      const formula = this.machine.program.formulas[quantity];
      this.formulas.set(quantity, formulaOf(quantity, formula, this.page.store.index.symbols));
    }
    const { box, update } = this.formulas.get(quantity);
    if (this.formulaBox.firstChild !== box) this.formulaBox.replaceChildren(box);
    update(answer, units.human(answer.quantities[quantity], unit, 6));
  }
}
