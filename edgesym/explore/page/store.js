// What the page holds: the index of what can be chosen, and closed forms, unpacked when needed.

import { Machine } from "./machine.js";
import { Units } from "./units.js";

/** A text that was gzipped and written in base64. */
async function unpacked(packed) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

export class Store {
  /** `index`: the data of edgesym/explore/data.py. `packed(i)`: the text of a program. */
  constructor(index, packed) {
    this.index = index;
    this.packed = packed;
    this.units = new Units(index.units);
    this.programs = new Map();
    this.machines = new Map();
    this.letters = new Map(Object.entries(index.symbols).map(([letter, row]) => [row.word, letter]));
  }

  /** The key of a setup's entry. */
  key({ model, device, runtime, recipe }) {
    const { models, devices, recipes } = this.index;
    const places = [models.findIndex((m) => m.name === model), devices.findIndex((d) => d.id === device)];
    return [...places, runtime, recipes.indexOf(recipe)].join("/");
  }

  /** The names that a key stands for. */
  names(key) {
    const [, model, device, runtime, recipe] = /^(\d+)\/(\d+)\/(.*)\/(\d+)$/s.exec(key);
    const { models, devices, recipes } = this.index;
    return { model: models[model].name, device: devices[device].id, runtime, recipe: recipes[recipe] };
  }

  /** The runtimes that a device can be chosen with. */
  runtimes({ model, device, recipe }) {
    return Object.keys(this.index.runtimes).filter((runtime) =>
      Object.hasOwn(this.index.setups, this.key({ model, device, runtime, recipe })),
    );
  }

  /** Put a setup in order: a runtime that its device has, a combination that runs. */
  settle(chosen) {
    if (!this.runtimes(chosen).includes(chosen.runtime)) {
      const device = this.index.devices.find(({ id }) => id === chosen.device);
      chosen.runtime = device.usual;
    }
    const { refused } = this.index.setups[this.key(chosen)];
    if (!refused) return "";
    const before = `${chosen.model}, ${chosen.device}, ${chosen.runtime}, ${chosen.recipe}`;
    Object.assign(chosen, this.names(this.index.first));
    return `${before}: ${refused}. The first setup is shown.`;
  }

  /** The machine of a setup; a promise, as its closed forms may have to be unpacked. */
  async machine(chosen) {
    const key = this.key(chosen);
    if (!this.machines.has(key)) {
      const setup = this.index.setups[key];
      if (!this.programs.has(setup.program)) {
        this.programs.set(setup.program, unpacked(this.packed(setup.program)));
      }
      const program = await this.programs.get(setup.program);
      const numbers = Object.assign({}, ...setup.numbers.map((place) => this.index.numbers[place]));
      const spread = this.index.spreads[setup.spread];
      this.machines.set(key, new Machine(program, setup, numbers, spread));
    }
    return this.machines.get(key);
  }
}
