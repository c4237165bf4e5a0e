// Drives the page in a real Chromium: node drive.mjs CHROMIUM ADDRESS STEP, writes JSON.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [executablePath, address, step, folder = "."] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--allow-file-access-from-files=false"] });
const heard = [];

async function opened(options = {}, link = "") {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.on("console", (message) => heard.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => heard.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const own = address.startsWith("http") ? request.url().startsWith(address) : /^(file|data|blob):/.test(request.url());
    if (!own) heard.push(`request: ${request.url()}`);
  });
  await page.goto(address + link);
  await page.waitForSelector("body[data-ready]");
  return page;
}

const setup = (page, side = "a") => page.locator(`section.setup[data-side="${side}"]`);
const heads = (page, side) => setup(page, side).locator(".head-number strong").allTextContents();
const control = (page, letter) => page.locator(`.slider[data-letter="${letter}"]`);
const frame = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

async function type(page, letter, text) {
  const box = control(page, letter).locator("input[type=text]");
  await box.fill(text);
  await box.press("Enter");
  await frame(page);
}

async function seriousOf(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
}

async function downloaded(page, press) {
  const [download] = await Promise.all([page.waitForEvent("download"), press()]);
  const path = `${folder}/${download.suggestedFilename()}`;
  await download.saveAs(path);
  return path;
}

const steps = {
  async numbers() {
    const page = await opened();
    const first = await heads(page);
    await control(page, "S").locator("input[type=range]").focus();
    for (let i = 0; i < 30; i++) await page.keyboard.press("ArrowRight");
    await frame(page);
    const moved = await heads(page);
    await type(page, "S", "4k");
    await type(page, "W_m", "34.14GB/s");
    const typed = await heads(page);
    await page.waitForTimeout(500);
    const link = new URL(page.url()).hash;
    const again = await heads(await opened({}, link));
    const formula = await setup(page).locator(".math.result").textContent();
    await type(page, "S", "1e99");
    const refused = await page.locator("#notices").textContent();
    await control(page, "W_m").locator(".back").click();
    await control(page, "S").locator(".back").click();
    await frame(page);
    return { first, moved, typed, link, again, formula, refused, back: await heads(page) };
  },

  async hostile() {
    const link = `#a.model=${encodeURIComponent("<img src=x onerror=window.hacked=1>")}&a.context=1e99&quantity=constructor&a.batch=2`;
    const page = await opened({}, link);
    const notices = await page.locator("#notices .notice").allTextContents();
    const hacked = await page.evaluate(() => [window.hacked ?? null, document.querySelectorAll("#notices img").length]);
    return { notices, hacked, heads: await heads(page) };
  },

  async looks() {
    const found = {};
    const views = {
      light: {},
      dark: { colorScheme: "dark" },
      phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
    };
    for (const [name, options] of Object.entries(views)) {
      const page = await opened(options);
      await page.locator("summary").first().click();
      found[name] = { serious: await seriousOf(page), wide: await page.evaluate(() => document.documentElement.scrollWidth - innerWidth) };
      await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
      await page.locator("#compare").click();
      await page.waitForSelector('section.setup[data-side="b"]');
      await frame(page);
      found[`${name}, two`] = { serious: await seriousOf(page), wide: await page.evaluate(() => document.documentElement.scrollWidth - innerWidth) };
      await page.screenshot({ path: `${folder}/${name}-two.png`, fullPage: true });
    }
    return found;
  },

  async compare() {
    const page = await opened();
    await page.locator("#compare").click();
    await page.waitForSelector('section.setup[data-side="b"]');
    const before = [await heads(page, "a"), await heads(page, "b")];
    await page.locator("#controls select").nth(1).selectOption({ index: 1 });
    await frame(page);
    const ratio = await page.locator(".ratios").textContent();
    const after = [await heads(page, "a"), await heads(page, "b")];
    await page.waitForTimeout(500);
    const link = new URL(page.url()).hash;
    const other = await opened({}, link);
    return { before, after, ratio, again: [await heads(other, "a"), await heads(other, "b")] };
  },

  async speed() {
    const start = Date.now();
    const page = await opened();
    const ready = Date.now() - start;
    const inside = await page.evaluate(() => Math.round(window.edgesym.readyAt));
    const slider = control(page, "S").locator("input[type=range]");
    const box = await slider.boundingBox();
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2);
    await page.mouse.down();
    await page.evaluate(() => {
      window.frames60 = [];
      let last = performance.now();
      const tick = (now) => {
        window.frames60.push([now - last, window.edgesym.took.compute, window.edgesym.took.show]);
        last = now;
        window.ticking = requestAnimationFrame(tick);
      };
      window.ticking = requestAnimationFrame(tick);
    });
    for (let i = 0; i < 90; i++) await page.mouse.move(box.x + box.width * (0.3 + 0.004 * i), box.y + box.height / 2);
    await page.mouse.up();
    const frames = await page.evaluate(() => {
      cancelAnimationFrame(window.ticking);
      return window.frames60.slice(5);
    });
    const median = (place) => frames.map((row) => row[place]).sort((a, b) => a - b)[frames.length >> 1];
    return { ready, inside, frames: frames.length, frame: median(0), compute: median(1), show: median(2) };
  },

  async parts() {
    const page = await opened();
    const found = {};
    const of = (name) => setup(page).locator(`.card.${name}`);
    for (const [name, card] of [["roofline", "roofline"], ["line", "against"]]) {
      found[`${name}.svg`] = await downloaded(page, () => of(card).locator("button", { hasText: "SVG" }).click());
      found[`${name}.png`] = await downloaded(page, () => of(card).locator("button", { hasText: "PNG" }).click());
    }
    found.csv = await downloaded(page, () => page.locator("#csv").click());
    found.tex = await downloaded(page, () => page.locator("#latex").click());
    const target = of("drag-the-conclusion").locator("input[type=text]");
    await target.fill("100ms");
    await target.press("Enter");
    found.inverse = await of("drag-the-conclusion").locator(".verdict").textContent();
    await of("drag-the-conclusion").locator("button", { hasText: "Put it in" }).click();
    await frame(page);
    found.put = await heads(page);
    await of("dataflow").locator("[data-part='attention.scores']").focus();
    found.cost = await of("dataflow").locator(".cost").textContent();
    await of("formula").locator("select").selectOption("kv_cache_bytes");
    await frame(page);
    found.formula = await of("formula").locator(".math").allTextContents();
    await of("against").locator("select").selectOption("batch");
    await frame(page);
    found.over = await of("against").locator("svg").first().getAttribute("aria-label");
    return found;
  },

  async checker() {
    const page = await opened();
    await page.locator("#show-checker").click();
    const serious = await seriousOf(page);
    await page.locator("button.main").click();
    await page.waitForSelector(".verdict-box h1");
    const verdict = await page.locator(".verdict-box").textContent();
    await page.locator("form textarea").first().fill("x = <b>");
    await page.locator("button.main").click();
    await page.waitForSelector(".verdict-box .verdict[data-tone=bad]");
    const refused = await page.locator(".verdict-box").textContent();
    await page.screenshot({ path: `${folder}/checker.png`, fullPage: true });
    return { serious, verdict, refused };
  },
};

try {
  const found = await steps[step]();
  process.stdout.write(JSON.stringify({ heard, ...found }));
} finally {
  await browser.close();
}
