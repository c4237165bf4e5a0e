// How uncertain a quantity is: edgesym/analysis/uncertainty.py at one point.

/** Standard deviations that hold 90 % of a normal distribution. */
const OF_90 = 1.645;
const PHASES = {
  time_to_first_token: "prefill",
  time_per_output_token: "decode",
  tokens_per_second: "decode",
};

/** The scatter of measured steps that a quantity has besides: of times alone. */
function scatterOf(name, value, quantities, scatter) {
  if (!scatter) return 0;
  if (name === "generation_time") {
    const first = quantities.time_to_first_token ?? 0;
    return Math.hypot(scatter.prefill * first, scatter.decode * (value - first)) / value;
  }
  return Object.hasOwn(PHASES, name) ? scatter[PHASES[name]] : 0;
}

/**
 * One standard deviation of a quantity and its 90 % interval.
 * `slope`: letter -> dQ/dx. `best`: the quantity with all of the peaks, which no end passes.
 */
export function spreadOf(name, value, slope, spread, given, quantities, best) {
  const effects = spread.letters.map((letter, i) =>
    Object.hasOwn(given, letter) ? 0 : slope(letter) * spread.stds[i],
  );
  let variance = 0;
  effects.forEach((one, i) => {
    if (one === 0) return;
    let row = 0;
    effects.forEach((other, j) => (row += other * spread.together[i][j]));
    variance += one * row;
  });
  const own = Math.sqrt(Math.max(variance, 0));
  const std = Math.hypot(own, scatterOf(name, value, quantities, spread.scatter) * value);
  return { std, interval: intervalOf(value, std, spread.scatter ? best : null) };
}

function intervalOf(value, std, best) {
  if (value <= 0) return [value - OF_90 * std, value + OF_90 * std];
  const factor = Math.exp((OF_90 * std) / value);
  const [low, high] = [value / factor, value * factor];
  if (best === null) return [low, high];
  return best <= value
    ? [Math.min(Math.max(low, best), value), high]
    : [low, Math.max(Math.min(high, best), value)];
}
