// Filters of the ledger, kept in the address: claims-ledger.html?verdict=wrong&chapter=2.
// Everything is on the page already; a row that does not match is hidden.
const form = document.querySelector(".ledger-filter");
const select = form.querySelector("select"), output = form.querySelector("output");
const buttons = [...form.querySelectorAll("[data-verdict]")];
const rows = [...document.querySelectorAll(".claim-row")];
const chapters = new Set(rows.map((row) => row.closest("section")));

const press = (button, on) => button.setAttribute("aria-pressed", String(on));
const pressed = () => buttons.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.verdict);

function show() {
  const wanted = pressed();
  for (const row of rows) {
    const verdict = !wanted.length || wanted.some((name) => row.classList.contains(`verdict-${name}`));
    row.hidden = !verdict || (select.value !== "" && !row.classList.contains(`chapter-${select.value}`));
  }
  for (const chapter of chapters) chapter.hidden = !chapter.querySelector(".claim-row:not([hidden])");
  const shown = rows.filter((row) => !row.hidden).length;
  output.textContent = output.dataset.of.replace("{n}", shown).replace("{total}", rows.length);
}

function remember() {
  const query = new URLSearchParams();
  if (pressed().length) query.set("verdict", pressed().join(" "));
  if (select.value) query.set("chapter", select.value);
  const address = `${location.pathname}${query.size ? `?${query}` : ""}${location.hash}`;
  try { history.replaceState(null, "", address); } catch { /* some browsers refuse on file:// */ }
}

const change = () => { show(); remember(); };
for (const button of buttons) {
  button.addEventListener("click", () => {
    press(button, button.getAttribute("aria-pressed") !== "true");
    change();
  });
}
select.addEventListener("change", change);
form.addEventListener("reset", () => { buttons.forEach((b) => press(b, false)); setTimeout(change); });
form.addEventListener("submit", (event) => event.preventDefault());

const asked = new URLSearchParams(location.search);
const verdicts = new Set((asked.get("verdict") ?? "").split(" "));
buttons.forEach((button) => press(button, verdicts.has(button.dataset.verdict)));
select.value = asked.get("chapter") ?? "";
if (select.selectedIndex < 0) select.value = "";
show();
