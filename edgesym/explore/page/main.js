// The page as a whole: its state, what happens when something changes, and the buttons on top.

import { makeChecker } from "./checker.js";
import { csvOf, save } from "./download.js";
import { choice, el, say } from "./elements.js";
import { latexOf } from "./formula.js";
import { Panel } from "./panel.js";
import { read, written } from "./state.js";
import { Store } from "./store.js";

const LINK_AFTER = 250;
const RATIOS = ["tokens_per_second", "time_per_output_token", "time_to_first_token", "memory_footprint", "energy_per_token", "flops", "memory_traffic"];
const find = (id) => document.getElementById(id);

class Page {
  constructor() {
    const index = JSON.parse(find("index").textContent);
    this.store = new Store(index, (place) => find(`program-${place}`).textContent);
    this.known = {
      model: index.models.map(({ name }) => name),
      device: index.devices.map(({ id }) => id),
      runtime: Object.keys(index.runtimes),
      recipe: index.recipes,
      quantity: Object.keys(index.quantities),
      over: Object.values(index.symbols).map(({ word }) => word),
      unknown: Object.values(index.symbols).map(({ word }) => word),
      letters: this.store.letters,
      symbols: index.symbols,
      first: this.store.names(index.first),
      shown: { quantity: "time_per_output_token", over: "context", unknown: "memory_bandwidth" },
      settle: (chosen) => this.store.settle(chosen),
    };
    this.ratios = ratiosOf(this.store);
    this.panels = { a: new Panel(this, "a"), b: new Panel(this, "b") };
    this.side = "a";
    this.changed = this.changed.bind(this);
  }

  /** The sides that are shown. */
  get sides() {
    return this.state.compare ? ["a", "b"] : ["a"];
  }

  /** Begin with what the link asks for. */
  async start() {
    this.listen();
    await this.open();
    makeChecker(find("checker"));
    const { edgesym, models, devices } = this.store.index;
    say(find("about"), `edgesym ${edgesym}; ${models.length} models, ${devices.length} devices. The numbers come from the same closed forms as those of the command line. 90 %: what nine of ten measurements should lie within.`);
    this.readyAt = performance.now();
    document.body.dataset.ready = "yes";
  }

  async open() {
    const { state, refused } = read(location.hash, this.known);
    this.state = state;
    this.notice(refused.join("\n"), true);
    for (const panel of Object.values(this.panels)) panel.key = "";
    await this.changed();
  }

  listen() {
    addEventListener("hashchange", () => {
      if (location.hash !== this.link) this.open();
    });
    addEventListener("resize", () => this.schedule());
    find("compare").addEventListener("click", () => {
      this.state.compare = !this.state.compare;
      if (this.state.compare && !this.panels.b.key) {
        const { given, ...names } = this.state.a;
        this.state.b = { ...names, given: Object.assign(Object.create(null), given) };
      }
      this.side = this.state.compare ? "b" : "a";
      this.changed();
    });
    find("copy").addEventListener("click", async () => {
      this.writeLink();
      try {
        await navigator.clipboard.writeText(location.href);
        this.notice("The link is copied.");
      } catch {
        this.notice("The link is in the address bar.");
      }
    });
    find("csv").addEventListener("click", () => {
      const setups = this.sides.map((side) => this.panels[side]).map(({ answer, machine }) => ({ title: machine.setup.title, answer, machine }));
      save("edgesym.csv", "text/csv", csvOf(setups, this.store.index.symbols, this.store.index.quantities));
    });
    find("latex").addEventListener("click", () => {
      const texts = this.sides.map((side) => this.panels[side]).map(({ answer, machine }) => latexOf(machine, answer, this.store.index.symbols, machine.setup.title));
      save("edgesym.tex", "text/x-tex", texts.join("\n"));
    });
    find("theme").addEventListener("click", () => {
      const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
      document.documentElement.dataset.theme = dark ? "light" : "dark";
      this.schedule();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.schedule());
    const show = (checker) => {
      find("checker").hidden = !checker;
      find("explorer").hidden = checker;
      find("show-checker").setAttribute("aria-pressed", String(checker));
      find("show-explorer").setAttribute("aria-pressed", String(!checker));
      if (!checker) this.schedule();
    };
    find("show-checker").addEventListener("click", () => show(true));
    find("show-explorer").addEventListener("click", () => show(false));
  }

  /** Something was chosen: load what it needs, then show it. */
  async changed() {
    try {
      await Promise.all(this.sides.map((side) => this.panels[side].load()));
    } catch (error) {
      this.notice(`The closed forms could not be unpacked: ${error.message}. A newer browser may.`, true);
      return;
    }
    this.arrange();
    this.update();
  }

  /** Put the panels where they belong. */
  arrange() {
    const { compare } = this.state;
    find("compare").setAttribute("aria-pressed", String(compare));
    find("compare").textContent = compare ? "Show one" : "Compare two";
    find("results").classList.toggle("two", compare);
    const shown = this.sides.map((side) => this.panels[side].results);
    if (compare) shown.unshift(this.ratios.box);
    if ([...find("results").children].some((child, i) => child !== shown[i]) || find("results").children.length !== shown.length) {
      find("results").replaceChildren(...shown);
    }
    const tabs = compare
      ? [el("div", { class: "tabs", role: "group", "aria-label": "Setup to change" }, ["a", "b"].map((side) =>
          el("button", { type: "button", "aria-pressed": String(side === this.side), click: () => {
            this.side = side;
            this.arrange();
          } }, `Setup ${side.toUpperCase()}`),
        ))]
      : [];
    find("controls").replaceChildren(...tabs, this.panels[this.side].controls);
  }

  /** Compute and show in the next frame. */
  schedule() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.update();
    });
  }

  update() {
    const panels = this.sides.map((side) => this.panels[side]);
    if (panels.some((panel) => !panel.machine)) return;
    const start = performance.now();
    for (const panel of panels) panel.compute();
    const computed = performance.now();
    for (const panel of panels) panel.show();
    if (this.state.compare) this.ratios.update(panels);
    say(find("bar"), this.panels[this.side].summary);
    this.took = { compute: computed - start, show: performance.now() - computed };
    clearTimeout(this.linking);
    this.linking = setTimeout(() => this.writeLink(), LINK_AFTER);
  }

  writeLink() {
    this.link = written(this.state, this.store.index.symbols);
    if (location.hash !== this.link) history.replaceState(null, "", this.link);
  }

  notice(text, bad = false) {
    find("notices").replaceChildren(...text.split("\n").filter(Boolean).map((line) => el("p", { class: bad ? "notice bad" : "notice" }, line)));
  }

  /** Lists that all panels share: what is looked at, over what, and what is solved for. */
  quantityChoice(panel) {
    const names = panel.machine.names.map((name) => [name, name.replaceAll("_", " ")]);
    return this.shared("Quantity", names, "quantity");
  }

  overChoice(panel) {
    return this.shared("Over", this.words(panel), "over");
  }

  unknownChoice(panel) {
    return this.shared("Solve for", this.words(panel), "unknown");
  }

  words(panel) {
    const { symbols } = this.store.index;
    return panel.machine.letters.map((letter) => [symbols[letter].word, symbols[letter].word.replaceAll("_", " ")]);
  }

  shared(label, options, name) {
    const made = choice(label, options, this.state[name], (value) => {
      this.state[name] = value;
      for (const select of document.querySelectorAll(`select[data-shared="${name}"]`)) select.value = value;
      this.schedule();
    });
    made.querySelector("select").dataset.shared = name;
    return made;
  }
}

/** Both setups in one table, and how many times the first the second is. */
function ratiosOf({ units, index }) {
  const body = el("tbody");
  const heads = el("tr");
  const box = el("section", { class: "card ratios", "aria-label": "Both setups" }, el("table", {}, el("thead", {}, heads), body));
  const update = ([one, other]) => {
    const titles = [one, other].map(({ machine }, i) => `${"AB"[i]}: ${machine.setup.title}`);
    const labels = ["", ...titles, "B / A"];
    if (heads.dataset.text !== labels.join("\n")) {
      heads.dataset.text = labels.join("\n");
      heads.replaceChildren(...labels.map((text) => (text ? el("th", { scope: "col" }, text) : el("td"))));
    }
    const names = RATIOS.filter((name) => [one, other].every(({ answer }) => name in answer.quantities));
    body.replaceChildren(
      ...names.map((name) => {
        const [a, b] = [one, other].map(({ answer }) => answer.quantities[name]);
        const texts = [a, b].map((value) => units.human(value, index.quantities[name].unit));
        return el("tr", {}, el("th", { scope: "row" }, name.replaceAll("_", " ")), [...texts, (b / a).toPrecision(3)].map((text) => el("td", {}, text)));
      }),
    );
  };
  return { box, update };
}

const page = new Page();
window.edgesym = page;
page.start();
