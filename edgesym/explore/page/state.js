// The state of the page, and the link that holds it. A link is a stranger's text: what is not
// known here is refused by name, and never becomes part of the page but as text.

/** Characters of a link, and of what is quoted from one. */
const LONGEST = 6000;
const QUOTED = 40;
const CHOICES = ["model", "device", "runtime", "recipe"];

const quoted = (text) => `“${text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text}”`;

/** Why a number cannot be that of a symbol; empty where it can. */
export function refusal(value, row) {
  if (!Number.isFinite(value)) return "must be a number";
  if (value < 0 || (value === 0 && !row.zero)) return row.zero ? "must not be negative" : "must be above 0";
  if (row.whole && !Number.isInteger(value)) return "must be a whole number";
  if (row.share && value > 1) return "must be at most 1";
  if (value > (row.whole ? 1e9 : 1e30)) return "is too large";
  if (value !== 0 && value < 1e-30) return "is too small";
  return "";
}

/** A setup as it is chosen: names, and the numbers that are given. */
export const chosen = (names) => ({ ...names, given: Object.create(null) });

/** The link of a state, without what is as it is at first. */
export function written(state, symbols) {
  const parts = [];
  for (const side of state.compare ? ["a", "b"] : ["a"]) {
    const one = state[side];
    for (const name of CHOICES) parts.push([`${side}.${name}`, one[name]]);
    for (const [letter, value] of Object.entries(one.given)) {
      parts.push([`${side}.${symbols[letter].word}`, String(value)]);
    }
  }
  for (const name of ["quantity", "over", "unknown"]) parts.push([name, state[name]]);
  return `#${parts.map((pair) => pair.map(encodeURIComponent).join("=")).join("&")}`;
}

/** The state that a link asks for, and what of it was refused. `known`: what the page has. */
export function read(link, known) {
  const refused = [];
  const state = { a: chosen(known.first), b: chosen(known.first), compare: false, ...known.shown };
  const text = link.replace(/^#/, "");
  if (text.length > LONGEST) {
    return { state, refused: [`The link is longer than ${LONGEST} characters and was not read.`] };
  }
  for (const pair of text.split("&").filter(Boolean)) {
    let key, value;
    try {
      [key, value = ""] = pair.split(/=(.*)/s).slice(0, 2).map(decodeURIComponent);
    } catch {
      refused.push(`${quoted(pair)} in the link is no text.`);
      continue;
    }
    const error = put(state, key, value, known);
    if (error) refused.push(error);
  }
  for (const side of ["a", "b"]) {
    const error = known.settle(state[side]);
    if (error) refused.push(error);
  }
  return { state, refused };
}

function put(state, key, value, known) {
  if (["quantity", "over", "unknown"].includes(key)) {
    if (!known[key].includes(value)) return `The link asks for ${key} ${quoted(value)}, which is not here.`;
    state[key] = value;
    return "";
  }
  const [, side, name] = /^([ab])\.(.+)$/s.exec(key) ?? [];
  if (!side) return `${quoted(key)} in the link means nothing here.`;
  if (side === "b") state.compare = true;
  if (CHOICES.includes(name)) {
    if (!known[name].includes(value)) return `The link asks for ${name} ${quoted(value)}, which is not here.`;
    state[side][name] = value;
    return "";
  }
  if (!known.letters.has(name)) return `The link sets ${quoted(name)}, which is no symbol here.`;
  const letter = known.letters.get(name);
  const error = value.trim() === "" ? "must be a number" : refusal(Number(value), known.symbols[letter]);
  if (error) return `The link sets ${name} to ${quoted(value)}: it ${error}.`;
  state[side].given[letter] = Number(value);
  return "";
}
