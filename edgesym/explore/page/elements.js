// Elements of the page. Texts become text nodes: nothing that is shown is ever read as HTML, but
// formulas and pictures, which edgesym itself wrote.

/** An element; `attributes` that are functions listen to events, undefined ones are left out. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name, value);
    else if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

/** What edgesym wrote as markup, as a node. */
export function trusted(markup) {
  const template = document.createElement("template");
  template.innerHTML = markup;
  return template.content;
}

/** Put a text into an element, if it is another one than it has. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A list to choose from; `options`: [value, label] pairs, or {label, options} groups. */
export function choice(label, options, value, changed) {
  const entries = options.map((entry) =>
    Array.isArray(entry)
      ? el("option", { value: entry[0] }, entry[1])
      : el("optgroup", { label: entry.label }, entry.options.map(([v, text]) => el("option", { value: v }, text))),
  );
  const select = el("select", { change: () => changed(select.value) }, entries);
  select.value = value;
  return el("label", { class: "choice" }, el("span", {}, label), select);
}

/** A card of the results: a heading, buttons beside it, and what is in it. */
export function card(title, tools, ...inside) {
  const heading = el("h3", {}, title);
  const name = title.toLowerCase().replaceAll(" ", "-");
  return el("section", { class: `card ${name}` }, el("header", {}, heading, el("div", { class: "tools" }, tools)), inside);
}

/** A table that is filled while it is open: the numbers behind a picture. */
export function numbersTable(heads, rows) {
  const body = el("tbody");
  const table = el("table", {}, el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))), body);
  const box = el("details", { class: "numbers" }, el("summary", {}, "Numbers"), el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Numbers" }, table));
  const fill = () => {
    if (!box.open) return;
    body.replaceChildren(
      ...rows().map(([first, ...rest]) =>
        el("tr", {}, el("th", { scope: "row" }, first), rest.map((text) => el("td", {}, text))),
      ),
    );
  };
  box.addEventListener("toggle", fill);
  return { box, fill };
}
