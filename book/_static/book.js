// Three things that a stylesheet cannot do.
addEventListener("DOMContentLoaded", () => {
  // The language switch keeps the place on the page: both editions share their labels.
  document.querySelectorAll(".lang-switch").forEach((link) =>
    link.addEventListener("click", () => (link.hash = location.hash)));

  // "Show code" is a better name than the "Toggle hidden content" that hides it.
  document.querySelectorAll("details.hide > summary").forEach((summary) =>
    summary.removeAttribute("aria-label"));

  // What scrolls inside itself can be reached by the keyboard.
  const boxes = document.querySelectorAll(
    ".katex-display, .bd-article pre, .bd-article table.table, .cell_output > *");
  const mark = () => boxes.forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
  });
  document.fonts.ready.then(mark);
  addEventListener("resize", mark);
});
