// Visit every page of the built site in a real Chromium and report what is wrong.
//
//   node tests/site/check.mjs [--site _build/html] [--shots FOLDER] [--only REGEX]
//
// Each page is seen at 1280 and 390 pixels, light and dark.  The report, JSON on the
// standard output, lists console errors, requests that fail or leave the machine, pages
// wider than the window or moving while they load, axe violations, what a search shows
// first, and how many pages each search finds.
import { createServer } from "node:http";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: options } = parseArgs({
  options: {
    site: { type: "string", default: "_build/html" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
    shots: { type: "string" }, // save a picture of every page in this folder
    only: { type: "string", default: "" }, // only pages whose path matches
  },
});
const WIDTHS = [1280, 390];
const THEMES = ["light", "dark"];
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const QUERIES = {
  "book/en": ["gradient", "clipping", "singular value", "spectral radius"],
  "zh/book/zh": [
    "梯度爆炸", "奇异值", "谱半径", "指数增长", "梯度", "裁剪", "残差", "Jacobian",
  ],
};
// What a reader who asks for this must see first.
const FIRST = {
  "book/en": { "gradient clipping": "gradient-clipping.html", clip_by_norm: "api/clipping.html" },
  "zh/book/zh": { 梯度裁剪: "gradient-clipping.html" },
};
const AXE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SHIFT = 0.1; // what Core Web Vitals call good

const site = resolve(options.site);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const MIME = {
  ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript",
  ".svg": "image/svg+xml", ".png": "image/png", ".woff": "font/woff", ".woff2": "font/woff2",
  ".json": "application/json", ".txt": "text/plain; charset=utf-8",
};

function serve() {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
    try {
      const body = readFileSync(join(site, path));
      response.writeHead(200, { "content-type": MIME[extname(path)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

function pagesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".html"))
    .map((entry) => relative(site, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|\/)(_static|_sources)\//.test(path))
    .filter((path) => !/^(zh\/)?index\.html$/.test(path)) // the redirects
    .filter((path) => new RegExp(options.only).test(path))
    .sort();
}

const server = await serve();
const root = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({ executablePath: options.chromium, args: FLAGS });
const report = {
  pages: 0, console: [], requests: [], overflow: [], axe: [], shift: [], search: {}, found: [],
  switch: [], bytes: {},
};

// Colours are seen in the wide window, in both themes; all else once in each window.
function rules(width, theme) {
  const [wide, light] = [width === WIDTHS[0], theme === "light"];
  if (!light) return { runOnly: { type: "rule", values: ["color-contrast"] } };
  return { runOnly: AXE, rules: { "color-contrast": { enabled: wide } } };
}

async function open(width) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  page.on("console", (message) => {
    if (message.type() === "error") report.console.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => report.console.push(`${page.url()}: ${error.message}`));
  page.on("response", (response) => {
    if (response.status() >= 400) report.requests.push(`${response.status()} ${response.url()}`);
  });
  await page.route("**/*", (route) => {
    const url = route.request().url();
    if (url.startsWith(root) || url.startsWith("data:")) return route.continue();
    report.requests.push(`external ${url} from ${page.url()}`);
    return route.abort();
  });
  return { context, page };
}

async function wear(page, theme) {
  await page.evaluate((name) => {
    document.documentElement.dataset.mode = name;
    document.documentElement.dataset.theme = name;
  }, theme);
  await page.waitForTimeout(50);
}

// Nine nodes of ten draw formulas and figures, which assistive technology does not see,
// or are words of code that look like others on the same ground: one of each tells axe.
function thin() {
  document.querySelectorAll(".katex-html, svg *").forEach((node) => node.remove());
  const clear = (place) => getComputedStyle(place).backgroundColor === "rgba(0, 0, 0, 0)";
  const ground = (place) => {
    while (place.parentElement && clear(place)) place = place.parentElement;
    return getComputedStyle(place).backgroundColor;
  };
  const seen = new Set();
  for (const word of document.querySelectorAll("pre span")) {
    const look = `${word.className} on ${ground(word)}`;
    if (seen.has(look) || !word.checkVisibility()) word.replaceWith(...word.childNodes);
    else seen.add(look);
  }
}

async function visit(page, path, width) {
  await page.goto(`${root}/${path}`, { waitUntil: "load" });
  await page.waitForTimeout(200);
  const shift = await page.evaluate(() => window.shift);
  if (shift > SHIFT) report.shift.push(`${path} ${width}: ${shift.toFixed(3)}`);
  await page.addStyleTag({ content: "* { transition: none !important; }" });
  await page.evaluate(async () => { // what was never in sight is not laid out
    for (let y = 0; y < document.body.scrollHeight; y += 800) {
      scrollTo(0, y);
      await new Promise(requestAnimationFrame);
    }
    scrollTo(0, 0);
  });
  await page.evaluate(() => document.fonts.ready.then(() => true));
  report.bytes[path] = await page.evaluate(() =>
    ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
      .reduce((sum, entry) => sum + entry.decodedBodySize, 0));
  for (const theme of THEMES) {
    await wear(page, theme);
    const excess = await page.evaluate(() =>
      document.scrollingElement.scrollWidth - document.documentElement.clientWidth);
    if (excess > 0) report.overflow.push(`${path} ${width} ${theme}: ${excess} px too wide`);
    if (!options.shots) continue;
    const file = `${path.replace(/\.html$/, "").replaceAll("/", "-")}-${width}-${theme}.png`;
    await page.screenshot({ path: join(options.shots, file), fullPage: true });
  }
  await page.evaluate(axe);
  await page.evaluate(thin);
  for (const theme of width === WIDTHS[0] ? THEMES : THEMES.slice(0, 1)) {
    await wear(page, theme);
    const { violations } = await page.evaluate((run) => window.axe.run(run), rules(width, theme));
    for (const { id, nodes } of violations) {
      for (const { html, failureSummary } of nodes) {
        report.axe.push(`${path} ${width} ${theme}: ${id}: ${html.slice(0, 200)} | ${failureSummary.split("\n").pop().trim().slice(0, 200)}`);
      }
    }
  }
  report.pages += 1;
}

async function ask(page, edition, query) {
  await page.goto(`${root}/${edition}/index.html`);
  await page.click(".search-button-field");
  await page.fill(".search-button__search-container input", query);
  await page.press(".search-button__search-container input", "Enter");
  await page.waitForFunction(() => // Sphinx fills the summary when it has finished
    document.querySelector(".search-summary")?.textContent.trim());
}

async function search(page) {
  for (const [edition, queries] of Object.entries(QUERIES)) {
    report.search[edition] = {};
    for (const query of queries) {
      await ask(page, edition, query);
      report.search[edition][query] = await page.locator("#search-results ul.search > li").count();
    }
    for (const [query, wanted] of Object.entries(FIRST[edition])) {
      await ask(page, edition, query);
      const first = await page.locator("#search-results ul.search > li > a").first().getAttribute("href");
      if (!first.includes(wanted)) report.found.push(`${query}: ${first} before ${wanted}`);
    }
  }
}

async function followSwitches(page, paths) {
  for (const path of paths) {
    await page.goto(`${root}/${path}#main-content`);
    const link = page.locator(".lang-switch");
    if (!(await link.count())) continue;
    const from = await page.getAttribute("html", "lang");
    await link.first().click();
    await page.waitForLoadState();
    const to = await page.getAttribute("html", "lang");
    if (from === to || !page.url().endsWith("#main-content")) {
      report.switch.push(`${path} (${from}) leads to ${page.url()} (${to})`);
    }
  }
}

try {
  if (options.shots) mkdirSync(options.shots, { recursive: true });
  const paths = pagesBelow(site);
  await Promise.all(WIDTHS.map(async (width) => {
    const { context, page } = await open(width);
    for (const path of paths) await visit(page, path, width);
    if (width === WIDTHS[0]) {
      await followSwitches(page, paths);
      if (!options.only) await search(page);
    }
    await context.close();
  }));
} finally {
  await browser.close();
  server.close();
}
console.log(JSON.stringify(report, null, 1));
