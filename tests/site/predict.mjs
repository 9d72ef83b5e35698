// Drive the folds of tests/site/chapter.md in a real Chromium; print what is wrong as JSON.
//
//   node tests/site/predict.mjs FOLDER CHROMIUM
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [folder, executablePath] = process.argv.slice(2);
const address = (language) => `${pathToFileURL(folder)}/${language}/chapter.html`;
const trouble = [];
const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });

async function trial(name, steps, { language = "en", script = true, prepare, hash = "" } = {}) {
  const context = await browser.newContext({ javaScriptEnabled: script, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => trouble.push(`${name}: ${error.message}`));
  const check = (holds, what) => holds || trouble.push(`${name}: ${what}`);
  try {
    if (prepare) await page.addInitScript(prepare);
    await page.goto(address(language) + hash);
    await steps(page, check);
  } catch (error) {
    trouble.push(`${name}: ${error.message.split("\n")[0]}`);
  }
  await context.close();
}

const question = (page, label) => page.locator(`#predict-${label}`);
const said = (page, label) => question(page, label).locator(".xg-result").textContent();
const isOpen = (page, label) => page.locator(`xg-fold[data-for="predict-${label}"]`)
  .evaluate((fold) => !fold.hasAttribute("hidden"));
const isSeen = (page, selector) => page.locator(selector).first()
  .evaluate((node) => node.checkVisibility({ contentVisibilityAuto: false }));
const place = (page, label) => question(page, label).evaluate((node) => [node.offsetTop + node.offsetHeight, scrollY].join());

await trial("commit by keyboard", async (page, check) => {
  check(!(await isOpen(page, "far-away")), "the fold is open at once");
  check(!(await isSeen(page, "#far-away")), "the answer is seen at once");
  await question(page, "far-away").locator(".xg-field input").focus();
  const before = await place(page, "far-away");
  await page.keyboard.type("3 x 10^3");
  await page.keyboard.press("Enter");
  check(await isOpen(page, "far-away"), "Enter does not commit");
  check(await isSeen(page, "#far-away"), "the answer is not seen");
  check((await place(page, "far-away")) === before, "the page moved");
  check((await said(page, "far-away")) === "It is 3.03 × 10⁶; you said 3000: too low by a factor of 1000.", await said(page, "far-away"));
  check(await page.evaluate(() => document.activeElement.matches(".xg-result[role=status]")), "the result has no focus");
  check(!(await isOpen(page, "which-way")), "another fold opened");
});

await trial("before the script is there", async (page, check) => {
  check(!(await isSeen(page, "#far-away")), "the answer is seen");
}, { prepare: () => { customElements.define = () => {}; } });

await trial("numbers as people type them", async (page, check) => {
  for (const [typed, value] of [["3e6", 3e6], ["3,000,000", 3e6], ["3*10**6", 3e6], ["10^6", 1e6], ["３", null], ["many", null], ["-5", null]]) {
    await question(page, "far-away").locator(".xg-field input").fill(typed);
    const guess = await question(page, "far-away").evaluate((node) => node.input.value());
    check(value === null ? Number.isNaN(guess) : guess === value, `${typed} is read as ${guess}`);
  }
  await question(page, "far-away").locator(".xg-commit").click();
  check((await said(page, "far-away")) === "Set a number first.", "no guess was taken for one");
  check(!(await isOpen(page, "far-away")), "the fold opened without a guess");
});

await trial("the slider", async (page, check) => {
  const slider = question(page, "far-away").locator("input[type=range]");
  check((await slider.getAttribute("aria-valuetext")) === "no guess yet", "the middle is a guess");
  await slider.focus();
  await page.keyboard.press("End");
  check((await slider.getAttribute("aria-valuetext")) === "10⁹", await slider.getAttribute("aria-valuetext"));
  await page.keyboard.press("Enter");
  await question(page, "far-away").locator(".xg-commit").click().catch(() => {});
  check((await said(page, "far-away")).endsWith("too high by a factor of 330."), await said(page, "far-away"));
});

await trial("a wrong choice, then a difference", async (page, check) => {
  await question(page, "which-way").locator(".xg-commit").click();
  check((await said(page, "which-way")) === "Choose one first.", "an empty choice was taken");
  await question(page, "which-way").locator("input").first().check();
  await question(page, "which-way").locator(".xg-commit").click();
  check((await said(page, "which-way")).startsWith("✗ Not this one"), await said(page, "which-way"));
  check((await question(page, "which-way").locator(".xg-truth").innerText()).includes("stays"), "the right choice is not marked");
  await question(page, "angle").locator(".xg-field input").fill("45");
  await question(page, "angle").locator(".xg-commit").click();
  check((await said(page, "angle")) === "It is 37°; you said 45°: too high by 8°.", await said(page, "angle"));
  check((await page.locator("xg-calibration p").textContent()) === "You committed to 2 of 3 predictions; 0 of 1 choices right.", await page.locator("xg-calibration p").textContent());
  await page.reload();
  check(await isOpen(page, "which-way"), "a guess is forgotten");
  await page.goto(address("zh"));
  check(await isOpen(page, "which-way"), "a guess does not stand in the other edition");
  await page.locator("xg-calibration button").click();
  await page.waitForLoadState();
  check(!(await isOpen(page, "which-way")), "a guess is not forgotten when asked");
});

await trial("just show me", async (page, check) => {
  await question(page, "far-away").locator(".xg-skip").click();
  check(await isOpen(page, "far-away"), "the fold stays closed");
  check((await said(page, "far-away")) === "答案是3.03 × 10⁶。", await said(page, "far-away"));
  check((await page.locator("xg-calibration p").textContent()).startsWith("3个预测，你作出了0个"), "a skip counts as a guess");
}, { language: "zh" });

await trial("storage that throws", async (page, check) => {
  await question(page, "far-away").locator(".xg-field input").fill("3e6");
  await question(page, "far-away").locator(".xg-commit").click();
  check(await isOpen(page, "far-away"), "the fold stays closed");
  check((await said(page, "far-away")).endsWith("as good as right."), await said(page, "far-away"));
}, {
  prepare: () => {
    for (const name of ["getItem", "setItem"]) { // the theme's own keys keep working
      const original = Storage.prototype[name];
      Storage.prototype[name] = function guarded(key, ...rest) {
        if (key.startsWith("xg:")) throw new Error("private");
        return original.call(this, key, ...rest);
      };
    }
  },
});

await trial("no script", async (page, check) => {
  const text = await page.locator("article").innerText();
  for (const words of ["How long is", "stays", "The wall stands on a line", "The angle is told here"]) {
    check(text.includes(words), `without script nobody reads: ${words}`);
  }
}, { script: false });

await trial("paper", async (page, check) => {
  const fold = page.locator("xg-fold").first();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  check(await fold.evaluate((box) => box.clientWidth > 0), "a figure in a fold has no room");
  await page.emulateMedia({ media: "print" });
  check(await isSeen(page, "#far-away"), "a fold is not printed");
  check(await isSeen(page, "details.deeper p"), "what goes deeper is not printed");
  check(await isSeen(page, ".check-lines li"), "a check is not printed");
  check(!(await isSeen(page, "details.solution .cell")), "a solution is printed");
  check(await isSeen(page, "#predict-which-way > ol"), "the choices are not printed");
  check(!(await isSeen(page, "xg-predict form")), "a form is printed");
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  check(!(await page.locator("details.check").evaluate((box) => box.open)), "a check stays open");
  check(await fold.evaluate((box) => box.hidden !== false), "a fold stays open");
});

for (const target of ["far-away", "equation-eq-far", "the-first-thing"]) {
  await trial(`a link to ${target}`, async (page, check) => {
    await page.waitForTimeout(300);
    check(await isSeen(page, `#${target}`), "it is not seen");
    const top = await page.locator(`#${target}`).evaluate((node) => node.getBoundingClientRect().top);
    check(top >= -5 && top < 720, `it is at ${top}`);
    if (target === "far-away") {
      check((await said(page, "far-away")) === "The answer is open below.", "nobody says that it is open");
      check(await page.evaluate(() => !Object.keys(localStorage).some((key) => key.startsWith("xg:"))), "a link counts as an answer");
    }
  }, { hash: `#${target}` });
}

await trial("a second click on the same link", async (page, check) => {
  await page.goto(`${address("en")}#the-first-thing`);
  await page.locator("#the-first-thing > summary").evaluate((node) => { node.parentElement.open = false; });
  await page.locator('.bd-sidebar-secondary a[href="#the-first-thing"]').first().evaluate((link) => link.click());
  check(await isSeen(page, "#the-first-thing p"), "it stays closed");
});

await trial("a hit of the search", async (page, check) => {
  await page.goto(`${address("en")}?highlight=deep`);
  await page.waitForTimeout(600);
  check(await page.evaluate(() => [...document.querySelectorAll("article .highlighted")].every((word) => word.checkVisibility())), "a marked word is hidden");
});

await browser.close();
console.log(JSON.stringify(trouble));
