// The checker's page: an equation goes to the server that serves the page, and is read there.

import { choice, el, trusted } from "./elements.js";

const EXAMPLE = {
  equation: "F = 6H^2 + 8HI + 4SH",
  quantity: "flops",
  symbols: "H=hidden, I=intermediate, S=context",
  per: "token + layer",
};
const COMMAND = "edgesym explore --serve";

/** A page from a file has no Python to ask: it says how to get one. */
function absent() {
  return el(
    "section",
    { class: "card" },
    el("h2", {}, "Check an equation"),
    el("p", {}, "Whether a published equation holds is found by edgesym itself, in Python: a page from a file has none to ask. Start it with"),
    el("pre", {}, COMMAND),
    el("p", { class: "note" }, "It listens on this machine alone, and nothing leaves it. On the command line it is edgesym check."),
  );
}

/** Fill the checker's page. */
export async function makeChecker(element) {
  if (document.body.dataset.served !== "yes") {
    element.replaceChildren(absent());
    return;
  }
  const offered = await (await fetch("offered")).json();
  element.replaceChildren(form(offered));
}

function field(label, control, hint) {
  return el("label", { class: "field" }, el("span", {}, label), control, hint ? el("small", {}, hint) : null);
}

function form(offered) {
  const state = { notation: "latex", quantity: EXAMPLE.quantity, phase: "forward", per: EXAMPLE.per };
  const equation = el("textarea", { rows: "3", spellcheck: "false" });
  equation.value = EXAMPLE.equation;
  const symbols = el("input", { type: "text", spellcheck: "false", value: EXAMPLE.symbols });
  const part = el("input", { type: "text", spellcheck: "false", value: "*" });
  const per = el("input", { type: "text", spellcheck: "false", value: EXAMPLE.per, list: "pers" });
  const quantity = el("input", { type: "text", spellcheck: "false", value: EXAMPLE.quantity, list: "quantities" });
  const assumptions = el("textarea", { rows: "2", spellcheck: "false", placeholder: "one on each line" });
  const listed = (id, entries) => el("datalist", { id }, entries.map(([value, label]) => el("option", { value }, label)));
  const result = el("div", { class: "card verdict-box", "aria-live": "polite" }, el("p", { class: "note" }, "The verdict will stand here."));
  const button = el("button", { type: "submit", class: "main" }, "Check");
  const ask = async (event) => {
    event.preventDefault();
    button.disabled = true;
    result.setAttribute("aria-busy", "true");
    const question = {
      ...{ notation: state.notation, phase: state.phase },
      equation: equation.value,
      quantity: quantity.value.trim(),
      symbols: symbols.value,
      part: part.value.trim() || "*",
      per: per.value.trim() || "model",
      assumptions: assumptions.value.split("\n").map((line) => line.trim()).filter(Boolean),
    };
    try {
      const headers = { "Content-Type": "application/json" };
      const response = await fetch("check", { method: "POST", headers, body: JSON.stringify(question) });
      if (!response.ok) throw new Error(`the server answers ${response.status}`);
      const found = await response.json();
      if (found.error) result.replaceChildren(el("p", { class: "verdict", "data-tone": "bad" }, found.error));
      else result.replaceChildren(trusted(found.html));
    } catch (error) {
      result.replaceChildren(el("p", { class: "verdict", "data-tone": "bad" }, `Not checked: ${error.message}. Is edgesym still running?`));
    }
    result.removeAttribute("aria-busy");
    button.disabled = false;
  };
  const words = el(
    "details",
    {},
    el("summary", {}, "Words that letters can stand for"),
    el("dl", { class: "meanings" }, Object.entries(offered.words).flatMap(([word, meaning]) => [el("dt", {}, el("code", {}, word)), el("dd", {}, meaning)])),
  );
  return el(
    "div",
    { class: "checker" },
    el(
      "form",
      { class: "card", submit: ask },
      el("h2", {}, "Check an equation"),
      field("Equation", equation, "as printed; what stands right of the last = is checked"),
      choice("Notation", [["latex", "LaTeX"], ["plain", "plain: 2*L*H"]], state.notation, (value) => (state.notation = value)),
      field("It speaks of", quantity, "a quantity, or a formula over quantities"),
      field("Letters", symbols, "what each stands for: L=layers, H=hidden"),
      el("div", { class: "pair" }, field("Part", part), field("Per", per, "model, token, layer, token + layer")),
      choice("Phase", offered.phases.map((name) => [name, name]), state.phase, (value) => (state.phase = value)),
      field("Assumptions that the paper states", assumptions),
      listed("quantities", Object.entries(offered.quantities)),
      listed("pers", offered.per.map((name) => [name, name])),
      button,
      words,
    ),
    result,
  );
}
