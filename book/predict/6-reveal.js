// A link, a search hit or the printer opens what hides its target: folds and <details>.

const CLOSED = "xg-fold[hidden], details:not([open])";

function openAround(node) {
  let opened = false;
  for (let box = node.closest(CLOSED); box; box = box.parentElement.closest(CLOSED)) {
    if (box.localName === "details") box.open = true;
    else box.found();
    opened = true;
  }
  return opened;
}

function reveal() {
  let target = null;
  try {
    target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  } catch { /* no name of ours */ }
  if (target && openAround(target)) target.scrollIntoView({ behavior: "instant" });
}

addEventListener("hashchange", reveal);
addEventListener("load", () => {
  reveal();
  // Sphinx marks the words of a search some milliseconds after the page is there.
  setTimeout(() => document.querySelectorAll(".highlighted").forEach(openAround), 100);
});
// A second click on the same link changes no hash, but must open again.
addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  if (link && link.hash === location.hash) reveal();
});

// Paper shows everything but solutions, hints and answers, which stay for another day.
// What is hidden has no width, so a figure in a fold could not be drawn for the printer.
let shut = [], folded = [];
addEventListener("beforeprint", () => {
  shut = [...document.querySelectorAll("article details:not([open], .answer)")];
  folded = [...document.querySelectorAll("xg-fold[hidden]")];
  shut.forEach((box) => { box.open = true; });
  folded.forEach((fold) => fold.open());
});
addEventListener("afterprint", () => {
  shut.forEach((box) => { box.open = false; });
  folded.forEach((fold) => fold.close());
});
