// What a decode step waits for: edgesym/analysis/crossovers/waits.py at one point.

export const REGIMES = ["compute", "weights", "cache", "activations", "launch", "loading"];

/** The part of a kernel's time that waits for computing: edgesym/quantities/composition.py. */
const SHARES = {
  max: (computing, moving) => (computing > moving ? 1 : 0),
  sum: (computing, moving) => computing / (computing + moving),
  smooth: (computing, moving, q) => computing ** q / (computing ** q + moving ** q),
  edgeprofiler: (computing, moving) => (computing > moving ? 1 : 0),
};

/** Seconds by what they wait for; `number(place)` is that of an output. */
export function waitsOf(program, number, smoothness) {
  const { kernels, places } = program.waits;
  const share = SHARES[program.composition];
  const terms = Object.fromEntries(REGIMES.map((name) => [name, 0]));
  let at = 0;
  const next = () => number(places[at++]);
  terms.loading = next();
  terms.launch = next();
  for (const [runs, names] of kernels) {
    const [repeat, launching, time, computing, moving] = [next(), next(), next(), next(), next()];
    const moved = names.map(next);
    const total = moved.reduce((sum, one) => sum + one, 0);
    const computes = runs ? share(computing, moving, smoothness) : 0;
    terms.compute += computes * repeat * time;
    terms.launch += repeat * launching;
    names.forEach((name, i) => {
      terms[name] += ((1 - computes) * repeat * time * moved[i]) / total;
    });
  }
  return terms;
}

/** What most of a step waits for. */
export const bindingOf = (waits) =>
  REGIMES.reduce((most, name) => (waits[name] > waits[most] ? name : most), REGIMES[0]);
