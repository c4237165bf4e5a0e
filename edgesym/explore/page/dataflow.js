// The dataflow graph of a block, darker where more of the step goes, with costs on hover.

import { el, trusted } from "./elements.js";

/** The card's content; `update(answer, phase)` colours it. */
export function dataflowOf(machine, units) {
  const { graph } = machine.program;
  const told = el("p", { class: "cost", "aria-live": "polite" }, "Point at an operation, or move to it with the tab key.");
  const parts = [];
  const places = [];
  const pictures = graph.map(({ block, svg, repeat, parts: costs, says }) => {
    const picture = trusted(svg).firstElementChild;
    picture.setAttribute("role", "group");
    picture.setAttribute("aria-label", `Dataflow of ${block}`);
    for (const box of picture.querySelectorAll("[data-part]")) {
      const part = box.getAttribute("data-part");
      if (!Object.hasOwn(says, part)) continue;
      const at = { block, part, box, says: says[part], repeat: places.push(repeat) - 1, phases: {} };
      for (const [phase, three] of Object.entries(costs[part] ?? {})) {
        at.phases[phase] = places.length;
        places.push(...three);
      }
      parts.push(at);
      box.setAttribute("tabindex", "0");
      box.setAttribute("role", "img");
      const show = () => (told.textContent = at.text ?? "");
      for (const event of ["mouseenter", "focus"]) box.addEventListener(event, show);
    }
    return el("figure", {}, el("figcaption", {}, block), picture);
  });
  const update = (answer, phase) => {
    const numbers = answer.further("graph", places);
    const { rate, moved } = answer.ends;
    let total = 0;
    for (const at of parts) {
      const start = at.phases[phase];
      const [flops, read, write] = start === undefined ? [0, 0, 0] : numbers.slice(start, start + 3);
      at.seconds = Math.max(flops / rate, (read + write) / moved) * numbers[at.repeat];
      at.costs = [flops, read, write];
      total += at.seconds;
    }
    for (const at of parts) {
      const share = total ? at.seconds / total : 0;
      const [flops, read, write] = at.costs;
      at.text = `${at.part} (${at.says}), ${phase}: ${units.human(flops, "FLOP")}, reads ${units.human(read, "B")}, writes ${units.human(write, "B")}, ${numbers[at.repeat]} times; alone ${(100 * share).toFixed(1)} % of the step`;
      at.box.setAttribute("aria-label", at.text);
      at.box.setAttribute("fill", "var(--heat)");
      at.box.setAttribute("fill-opacity", (0.06 + 0.94 * Math.sqrt(share)).toFixed(3));
    }
  };
  return { box: el("div", {}, told, el("div", { class: "graphs scroll", tabindex: "0", role: "region", "aria-label": "Dataflow graphs" }, pictures)), update };
}
