// Turns the sections of a page into slides.  Keys: arrows, space, page up and down, home
// and end; o overview, n notes in a window of their own, d dark, f full screen, ? help.
(() => {
  const SMALLEST = 24, HIGHEST = 360, LOWEST = 150;
  // An interactive figure on a slide: its controls stand to the left of the picture.
  const BESIDE = `:host { display: grid; grid-template-columns: 200px minmax(0, 1fr); gap: 2px 14px; margin: 0; }
    form { grid-template-columns: 1fr; align-content: start; gap: 2px; } select { letter-spacing: -0.4px; } .plot { margin: 0; }
    .key, output { grid-column: 1 / 3; line-height: 1.35; } output { min-height: 2.7em; margin: 0; }`;
  const root = document.documentElement, stage = document.getElementById("stage");
  const slides = () => [...stage.querySelectorAll(".slide")];
  const printed = location.search === "?print";
  const started = Date.now();
  let now = 0, notes;

  // -- Sizes ---------------------------------------------------------------------------

  // How far a formula leaves its box; what is centred leaves room for its number twice.
  function beyond(formula) {
    const scale = stage.getBoundingClientRect().width / 1280;
    const across = (parts) => parts.map((part) => part.getBoundingClientRect());
    const bases = across([...formula.querySelectorAll(":scope > .base")]);
    const [number] = across([...formula.querySelectorAll(":scope > .tag > .strut ~ *")]);
    const box = formula.closest(".fit, .words, h2, .slide").getBoundingClientRect();
    const right = Math.max(...bases.map((base) => base.right)), left = number ? number.left - 12 : box.right;
    return Math.ceil((right - left) / scale);
  }

  const excess = (slide) => {
    const last = slide.querySelector("footer").offsetTop;
    const ends = [...slide.children].filter((child) => !/^(FOOTER|TEMPLATE)$/.test(child.tagName))
      .map((child) => child.offsetTop + child.offsetHeight);
    const tops = [...slide.children].map((child) => child.offsetTop);
    const wide = Math.max(slide.scrollWidth - slide.clientWidth, ...[...slide.querySelectorAll(".katex-html")].map(beyond));
    return Math.max(Math.max(...ends) - last, -Math.min(...tops), wide);
  };

  // The largest letters with which a slide holds its words.
  function fitWords(slide) {
    for (let size = slide.classList.contains("formula") ? 52 : 38; size >= SMALLEST; size -= 1) {
      slide.style.setProperty("--size", `${size}px`);
      if (excess(slide) <= 0) return;
    }
  }

  // The highest picture with which a slide holds an interactive figure.
  function fitFigure(slide, figure) {
    const beside = document.createElement("style");
    beside.textContent = BESIDE;
    figure.shadowRoot.append(beside);
    for (let high = HIGHEST; high >= LOWEST; high -= 15) {
      figure.constructor.high = high;
      figure.plotWidth = 0;
      figure.measure();
      figure.paint();
      if (excess(slide) <= 0) break;
    }
    // What it says gets longer when it is moved: the name of the chapter makes room.
    const told = () => slide.classList.toggle("full", excess(slide) > 0);
    new ResizeObserver(told).observe(figure);
  }

  function fit() {
    for (const slide of slides()) {
      const figure = [...slide.querySelectorAll(".live > *")].find((part) => part.shadowRoot);
      if (figure) fitFigure(slide, figure);
      else if (slide.querySelector(".fit, .words")) fitWords(slide);
    }
  }

  // An interactive figure is enlarged: what a pointer does has to be told in its pixels.
  function pointInPixels(event) {
    const plot = event.composedPath().find((node) => node.classList?.contains("plot"));
    if (!plot) return;
    const box = plot.getBoundingClientRect(), scale = plot.clientWidth / box.width;
    const x = box.left + (event.clientX - box.left) * scale, y = box.top + (event.clientY - box.top) * scale;
    Object.defineProperties(event, { clientX: { value: x }, clientY: { value: y } });
  }
  for (const kind of ["pointerdown", "pointermove", "pointerup"]) addEventListener(kind, pointInPixels, true);

  const resize = () =>
    root.style.setProperty("--scale", Math.min(innerWidth / 1280, innerHeight / 720));

  // -- Moving --------------------------------------------------------------------------

  function show(index, step = 0) {
    const all = slides();
    now = Math.max(0, Math.min(index, all.length - 1));
    all.forEach((slide, at) => {
      slide.classList.toggle("now", at === now);
      slide.inert = at !== now;
    });
    all[now].dataset.at = step;
    history.replaceState(null, "", `#${now + 1}`);
    document.title = `${now + 1}. ${words(all[now])}`;
    if (root.classList.contains("overview")) all[now].scrollIntoView({ block: "nearest" });
    tell();
  }

  // The title of a slide, or the first words of its question; of a formula only what is seen.
  function words(slide) {
    const named = slide.querySelector("h1, h2") ?? slide.querySelector("p:not(.kicker)") ?? slide;
    const copy = named.cloneNode(true);
    for (const twice of copy.querySelectorAll(".katex-mathml")) twice.remove();
    const text = copy.textContent.trim();
    return text.length > 80 ? `${text.slice(0, 80)} …` : text;
  }
  const step = () => Number(slides()[now].dataset.at ?? 0);

  function forward() {
    if (step() < Number(slides()[now].dataset.steps)) show(now, step() + 1);
    else if (now < slides().length - 1) show(now + 1);
  }

  function back() {
    if (step() > 0) show(now, step() - 1);
    else if (now > 0) show(now - 1, Number(slides()[now - 1].dataset.steps));
  }

  // -- Notes ---------------------------------------------------------------------------

  const NOTES = `body { margin: 1.5em; background: #fff; color: #1b1f24; font: 22px/1.45 sans-serif; }
    header { display: flex; gap: 2em; color: #5a626c; } pre { white-space: pre-wrap; font-size: 16px; }
    footer { margin-top: 1.5em; color: #5a626c; }`;

  function openNotes() {
    notes = open("", "notes", "width=900,height=700");
    if (!notes) return;
    const style = document.querySelector("style").cloneNode(true), own = notes.document.createElement("style");
    own.textContent = `${NOTES} html, body { overflow: auto; height: auto; }`;
    notes.document.head.replaceChildren(style, own);
    notes.addEventListener("keydown", press);
    clearInterval(openNotes.clock);
    openNotes.clock = setInterval(tell, 1000);
    tell();
  }

  function tell() {
    if (!notes || notes.closed) return;
    const slide = slides()[now], next = slides()[now + 1];
    const seconds = Math.floor((Date.now() - started) / 1000);
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    notes.document.title = `Notes: ${words(slide)}`;
    notes.document.body.innerHTML = `<header><b>${now + 1} / ${slides().length}</b>
      <span>${slide.dataset.minutes} min, done by ${slide.dataset.spent} min</span><span>clock ${clock}</span></header>
      <h2>${words(slide)}</h2>${slide.querySelector("template").innerHTML}
      <footer>Next: ${next ? words(next) : "the end"}</footer>`;
  }

  // -- Keys ----------------------------------------------------------------------------

  const overview = (on) => {
    root.classList.toggle("overview", on);
    for (const slide of slides()) slide.inert = !on && !slide.classList.contains("now");
    slides()[now].scrollIntoView({ block: "center" });
  };
  const release = () => {
    overview(false);
    (document.activeElement?.shadowRoot?.activeElement ?? document.activeElement)?.blur();
  };
  const dark = () => { root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark"; };
  const full = () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen());
  const help = () => alert("→ space next · ← back · Home End · o overview · n notes · d dark · f full screen");
  const KEYS = {
    ArrowRight: forward, ArrowDown: forward, PageDown: forward, " ": forward,
    ArrowLeft: back, ArrowUp: back, PageUp: back, Home: () => show(0), End: () => show(slides().length - 1),
    o: () => overview(!root.classList.contains("overview")), Escape: release,
    Enter: () => overview(false), n: openNotes, d: dark, f: full, "?": help,
  };

  // Keys that move a slider or a handle do not turn the page, until Escape.
  function press(event) {
    const target = event.composedPath()[0];
    const theirs = target.matches?.("input, select, button, .handle") && !/^(Page|Escape|[a-z?]$)/.test(event.key);
    if (theirs || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  }

  stage.addEventListener("click", (event) => {
    const slide = event.target.closest(".slide");
    if (!slide || !root.classList.contains("overview")) return;
    event.preventDefault();
    overview(false);
    show(slides().indexOf(slide));
  });

  // A question is printed twice: as it is asked, and with its answer.
  function toPaper() {
    for (const slide of slides()) {
      if (!Number(slide.dataset.steps)) continue;
      const answered = slide.cloneNode(true);
      slide.dataset.at = 0;
      answered.dataset.at = 1;
      slide.after(answered);
    }
  }

  if (matchMedia("(prefers-color-scheme: dark)").matches && !printed) dark();
  addEventListener("resize", resize);
  addEventListener("keydown", press);
  resize();
  show(Number(location.hash.slice(1) || 1) - 1);
  document.fonts.ready.then(() => {
    fit();
    if (printed) toPaper();
    root.dataset.ready = "";
  });
})();
