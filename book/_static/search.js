// The search page: chapters before names of functions, and excerpts that can be read.
// It is deferred, so that it finds what Sphinx's searchtools.js defines.
const asked = (new URLSearchParams(location.search).get("q") ?? "").trim().toLowerCase();
const LISTS = /(claims-ledger|bibliography|glossary|notation|genindex)$/; // they hold every word
const bare = (title) => title.replace(/<[^>]*>/g, "").replace(/^\d+\. /, "");

// A result is [page, title, anchor, description, score, file]; names alone have a description.
Scorer.score = (result) => {
  const [page, title, , description, score] = result;
  if (description !== null) {
    const name = title.split(".").at(-1).toLowerCase();
    return name === asked ? score + 30 : score - 30;
  }
  const [chapter, section] = title.split(" > ");
  if (section && bare(chapter) === bare(section)) {
    [result[1], result[2]] = [chapter, ""]; // the first heading is the page itself
  }
  if (bare(result[1]).toLowerCase() === asked) return score + 20;
  // A term of the glossary is worth up to 100 to Sphinx, the title of a chapter 15.
  return LISTS.test(page) || page.includes("/api/") ? score / 10 : score;
};

// KaTeX writes each formula twice, for eyes and for screen readers, and once as TeX.
function readable(formula) {
  formula.querySelectorAll("annotation").forEach((tex) => tex.remove());
  formula.querySelectorAll("msqrt").forEach((root) => root.prepend("√"));
  formula.querySelectorAll("mfrac").forEach((fraction) => fraction.firstElementChild?.after("/"));
  formula.querySelectorAll("msup").forEach((power) => power.lastElementChild?.before("^"));
  return formula.textContent;
}

Search.htmlToText = (text, anchor) => {
  const page = new DOMParser().parseFromString(text, "text/html");
  page.querySelectorAll(".headerlink, script, style, .katex-html, .cell_input").forEach((e) => e.remove());
  page.querySelectorAll(".katex-mathml").forEach((formula) => formula.replaceWith(readable(formula)));
  const article = page.querySelector(".bd-article");
  const place = anchor ? article?.querySelector(anchor) : null;
  return (place ?? article ?? page.body).textContent;
};
