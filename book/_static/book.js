// Five things that a stylesheet cannot do.
addEventListener("DOMContentLoaded", () => {
  // The language switch keeps the place on the page: both editions share their labels.
  document.querySelectorAll(".lang-switch").forEach((link) =>
    link.addEventListener("click", () => (link.hash = location.hash)));

  // Where the list of contents slides in, nobody sees it follow the reader, and to follow
  // the theme asks for each heading's place: half the page would be laid out.
  if (matchMedia("(max-width: 1199.98px)").matches) document.body.removeAttribute("data-bs-spy");

  // "Show code" is a better name than the "Toggle hidden content" that hides it.
  document.querySelectorAll("details.hide > summary").forEach((summary) =>
    summary.removeAttribute("aria-label"));

  // What scrolls inside itself can be reached by the keyboard.  Asking each box for its
  // width would lay out the whole page; an observer asks when the box comes in sight.
  const seen = new IntersectionObserver((entries) => entries.forEach(({ target, isIntersecting }) => {
    if (isIntersecting && target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
  }));
  document.querySelectorAll(".katex-display, .bd-article pre, .bd-article table.table, .cell_output > *")
    .forEach((box) => seen.observe(box));
});

// The theme's button to copy code has a picture for a name; it is there after all scripts.
addEventListener("load", () => document.querySelectorAll(".copybtn").forEach((button) =>
  button.setAttribute("aria-label", button.dataset.tooltip)));
