// What can be taken along: pictures as SVG and PNG, numbers as CSV, formulas as LaTeX.

import { drawNow } from "./charts.js";
import { el } from "./elements.js";
import { cell } from "./units.js";

const SCALE = 2;

/** Have the browser save a file. */
export function save(name, type, content) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** The picture in an element as an SVG file of its own, on the ground of the page. */
export function svgOf(element) {
  drawNow(element);
  const picture = element.querySelector("svg").cloneNode(true);
  const ink = getComputedStyle(element).color;
  const ground = getComputedStyle(element.closest(".card")).backgroundColor;
  picture.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  picture.setAttribute("style", `color:${ink};background:${ground};font-family:system-ui,sans-serif;font-size:12px;--sheet:${ground}`);
  for (const tip of picture.querySelectorAll("[aria-label=tip], [data-mark=tip]")) tip.remove();
  return new XMLSerializer().serializeToString(picture);
}

/** The same as a PNG file, at twice the size. */
export async function pngOf(element) {
  const { width, height } = element.querySelector("svg").getBoundingClientRect();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgOf(element))}`;
  await image.decode();
  const canvas = el("canvas", { width: Math.round(width * SCALE), height: Math.round(height * SCALE) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** Buttons that save a picture. */
export function pictureButtons(element, name) {
  return [
    el("button", { type: "button", title: "Save as SVG", click: () => save(`${name()}.svg`, "image/svg+xml", svgOf(element)) }, "SVG"),
    el("button", { type: "button", title: "Save as PNG", click: async () => save(`${name()}.png`, "image/png", await pngOf(element)) }, "PNG"),
  ];
}

/** The numbers of setups as CSV: symbols and quantities, a row each, in base units. */
export function csvOf(setups, symbols, quantities) {
  const rows = [["setup", "kind", "name", "value", "low_90", "high_90", "unit"]];
  for (const { title, answer, machine } of setups) {
    for (const letter of machine.letters) {
      rows.push([title, "symbol", symbols[letter].word, answer.values[letter], "", "", symbols[letter].unit]);
    }
    for (const name of machine.names) {
      const [low, high] = answer.spread(name).interval;
      rows.push([title, "quantity", name, answer.quantities[name], low, high, quantities[name].unit]);
    }
  }
  return `${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}
