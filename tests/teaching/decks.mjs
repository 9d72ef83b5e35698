// Look at every step of every slide of the decks given, light and dark, at 1280 x 720.
//
//   node tests/teaching/decks.mjs [--shots FOLDER] DECK.html ...
//
// The report, JSON on the standard output, lists what leaves its slide, letters below 24
// pixels, console errors, and requests for anything but the file itself.
import { join, parse, resolve } from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const { values: options, positionals: decks } = parseArgs({
  allowPositionals: true,
  options: {
    chromium: { type: "string", default: "/usr/bin/chromium" },
    shots: { type: "string" }, // save a picture of every step in this folder
    dark: { type: "boolean", default: false }, // the pictures are dark
  },
});
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const report = { slides: 0, steps: 0, overflow: [], small: [], console: [], requests: [], widgets: [], keys: [] };

// What is wrong with the slide in sight: its parts beyond the stage, its small letters.
function faults() {
  const slide = document.querySelector(".slide.now"), found = { overflow: [], small: [] };
  const foot = slide.querySelector("footer").getBoundingClientRect();
  const scale = slide.getBoundingClientRect().width / 1280;
  for (const part of slide.querySelectorAll("*")) {
    if (part.closest("footer, template, .katex-mathml, svg") || !part.getClientRects().length) continue;
    const box = part.getBoundingClientRect();
    const inside = box.left >= -1 && box.top >= -1 && box.right <= innerWidth + 1 && box.bottom <= foot.top + 2;
    // A strut of KaTeX is higher than what is seen of it.
    if (!inside && !part.closest(".katex .katex-html")) found.overflow.push(`${part.tagName} ${part.className} ${JSON.stringify(box)}`);
    if (part.matches(".katex-html > .base") && box.right > slide.getBoundingClientRect().right - 12) found.overflow.push(`formula ${box.right}`);
    const own = [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const size = Number.parseFloat(getComputedStyle(part).fontSize);
    if (own && size * scale < 23.9 && !part.closest(".katex, sup, code, .live")) found.small.push(`${part.tagName} ${size}`);
  }
  for (const box of slide.querySelectorAll("pre"))
    if (box.scrollWidth > box.clientWidth) found.overflow.push(`pre ${box.scrollWidth}`);
  return found;
}

// The letters of an interactive figure, enlarged as they are: its smallest ones.
function letters() {
  const figure = [...document.querySelectorAll(".slide.now .live > *")].find((part) => part.shadowRoot);
  if (!figure) return null;
  const host = figure.getBoundingClientRect(), svg = figure.shadowRoot.querySelector("svg");
  const zoom = svg.getBoundingClientRect().width / Number(svg.getAttribute("width"));
  return { letters: 13 * zoom, height: Number(svg.getAttribute("height")), drawn: svg.innerHTML.length > 500, bottom: host.bottom };
}

// Whether what the figure says, longer after it was moved, stands on the name below it.
function covered() {
  const figure = [...document.querySelectorAll(".slide.now .live > *")].find((part) => part.shadowRoot);
  const link = document.querySelector(".slide.now footer a");
  const under = figure.getBoundingClientRect().bottom > link.getBoundingClientRect().top + 2;
  return under && getComputedStyle(link).visibility === "visible";
}

// A ring that is dragged goes where the pointer goes, though the figure is enlarged.
async function drag(page) {
  const place = () => page.evaluate(() => {
    const figure = [...document.querySelectorAll(".slide.now .live > *")].find((part) => part.shadowRoot);
    const box = figure?.shadowRoot.querySelector(".handle")?.getBoundingClientRect();
    return box && [box.left + box.width / 2, box.top + box.height / 2];
  });
  const from = await place();
  if (!from) return 0;
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(from[0] - 60, from[1] + 60, { steps: 4 });
  await page.mouse.up();
  await page.waitForTimeout(100);
  const to = await place();
  return Math.hypot(to[0] - from[0] + 60, to[1] - from[1] - 60);
}

const browser = await chromium.launch({ executablePath: options.chromium, args: FLAGS });
for (const deck of decks) {
  const name = parse(deck).name, address = pathToFileURL(resolve(deck)).href;
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") report.console.push(`${name}: ${message.text()}`);
  });
  page.on("pageerror", (error) => report.console.push(`${name}: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith("data:") && request.url().split(/[?#]/)[0] !== address) report.requests.push(`${name}: ${request.url()}`);
  });
  await page.goto(address);
  await page.waitForSelector("html[data-ready]");
  if (options.dark) await page.keyboard.press("d");
  const count = await page.evaluate(() => document.querySelectorAll(".slide").length);
  for (let at = 0, seen = ""; ; at += 1) {
    const here = await page.evaluate(() => [location.hash.slice(1), document.querySelector(".slide.now").dataset.at].join("."));
    if (here === seen) break; // the key moves no more: the end
    seen = here;
    report.steps += 1;
    const wrong = await page.evaluate(faults);
    for (const kind of ["overflow", "small"]) report[kind].push(...wrong[kind].map((text) => `${name} ${here}: ${text}`));
    const figure = await page.evaluate(letters);
    if (figure) report.widgets.push({ deck: name, slide: here, ...figure, lost: await drag(page), covered: await page.evaluate(covered) });
    if (options.shots) await page.screenshot({ path: join(options.shots, `${name}-${String(at).padStart(2, "0")}-${here}.png`) });
    if (figure) await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowRight");
  }
  report.slides += count;
  const last = await page.evaluate(() => Number(location.hash.slice(1)));
  if (last !== count) report.keys.push(`${name}: arrows end at ${last} of ${count}`);
  await page.keyboard.press("Home");
  await page.keyboard.press("o");
  const over = await page.evaluate(() => document.documentElement.classList.contains("overview"));
  await page.keyboard.press("Escape");
  const [notes] = await Promise.all([context.waitForEvent("page"), page.keyboard.press("n")]);
  await page.keyboard.press("ArrowRight");
  const said = await notes.evaluate(() => document.body.textContent);
  if (!over || !said.includes(`2 / ${count}`)) report.keys.push(`${name}: overview or notes`);
  await context.close();
}
await browser.close();
console.log(JSON.stringify(report, null, 1));
