// Answers questions of test_explore_numbers.py: reads JSON from standard input, writes JSON.
// `index` and `programs` are the data of a page; `points` are numbers of symbols, by letter.

import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.argv[2]}/`);
const { Machine } = await import(new URL("machine.js", folder));
const { Units, cell, digits } = await import(new URL("units.js", folder));
const { read, written } = await import(new URL("state.js", folder));
const { Store } = await import(new URL("store.js", folder));

const asked = JSON.parse(readFileSync(0, "utf8"));
const index = JSON.parse(asked.index);
const unpack = (packed) => JSON.parse(gunzipSync(Buffer.from(packed, "base64")));
const programs = asked.programs.map(unpack);

function machineOf(key) {
  const setup = index.setups[key];
  const numbers = Object.assign({}, ...setup.numbers.map((place) => index.numbers[place]));
  return new Machine(programs[setup.program], setup, numbers, index.spreads[setup.spread]);
}

const plain = (number) => (Number.isFinite(number) ? number : String(number));

const found = { points: [], spreads: [], waits: [], inverses: [], slopes: [], human: [], read: [] };
found.cells = (asked.cells ?? []).map(cell);
for (const { key, at } of asked.points ?? []) {
  const machine = machineOf(key);
  found.points.push(
    at.map((given) => {
      const answer = machine.at(given);
      return {
        quantities: Object.fromEntries(Object.entries(answer.quantities).map(([k, v]) => [k, plain(v)])),
        waits: answer.waits,
        marks: answer.marks.map(({ flops, bytes, repeat, seconds }) => [flops, bytes, repeat, seconds]),
        weights: machine.program.weights.map(([name, place]) => [name, answer.number(place)]),
      };
    }),
  );
}
for (const { key, at, names } of asked.spreads ?? []) {
  const machine = machineOf(key);
  found.spreads.push(
    at.map((given) => {
      const answer = machine.at(given);
      return Object.fromEntries(names.map((name) => [name, answer.spread(name)]));
    }),
  );
}
for (const { key, name } of asked.slopes ?? []) {
  const answer = machineOf(key).at({});
  found.slopes.push(Object.fromEntries(answer.elasticities(name).map((row) => [row.letter, row.elasticity])));
}
for (const { key, name, target, letter, range, given, whole } of asked.inverses ?? []) {
  found.inverses.push(machineOf(key).inverse(name, target, letter, range, given ?? {}, whole));
}
const units = new Units(index.units);
for (const [value, unit] of asked.human ?? []) found.human.push(units.human(value, unit));
for (const link of asked.links ?? []) {
  const store = new Store(index, () => "");
  const known = {
    model: index.models.map(({ name }) => name),
    device: index.devices.map(({ id }) => id),
    runtime: Object.keys(index.runtimes),
    recipe: index.recipes,
    quantity: Object.keys(index.quantities),
    over: [...store.letters.keys()],
    unknown: [...store.letters.keys()],
    letters: store.letters,
    symbols: index.symbols,
    first: store.names(index.first),
    shown: { quantity: "time_per_output_token", over: "context", unknown: "memory_bandwidth" },
    settle: (chosen) => store.settle(chosen),
  };
  const { state, refused } = read(link, known);
  found.read.push({ state, refused, link: written(state, index.symbols) });
}
if (asked.timed) {
  const machine = machineOf(asked.timed);
  const times = [];
  for (let i = 0; i < 400; i++) {
    const start = process.hrtime.bigint();
    const answer = machine.at({ S: 300 + i });
    for (const name of machine.names) answer.spread(name);
    void answer.memory;
    void answer.marks;
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  found.milliseconds = times.sort((a, b) => a - b)[200];
}
process.stdout.write(JSON.stringify(found));
