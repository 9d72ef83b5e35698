// Two ways to answer.  Each has `nodes` to show, `value()` that is NaN until there is a
// guess, `restore(guess)`, and `mark(truth)`.

const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};

// The list of the text becomes a list of radio buttons: the whole row is the target.
function choiceInput(list, name) {
  const buttons = [...list.children].map((_, at) => make("input", { type: "radio", name, value: at + 1 }));
  const rows = [...list.children].map((item, at) =>
    make("label", { className: "xg-choice" }, buttons[at], make("span", {}, ...item.cloneNode(true).childNodes)));
  list.classList.add("xg-paper"); // where nobody can choose
  return {
    nodes: rows,
    value: () => Number(buttons.find((button) => button.checked)?.value ?? NaN),
    restore: (guess) => { if (buttons[guess - 1]) buttons[guess - 1].checked = true; },
    mark: (truth) => rows[truth - 1]?.classList.add("xg-truth"),
  };
}

// One value, two ways to set it: a slider for the hand, a field for a number one knows.
// The slider starts pale and unset, so its middle is no guess.
function scaleInput({ low, high, log, unit }) {
  const bend = log ? Math.log10 : (x) => x;
  const unbend = log ? (y) => 10 ** y : (y) => y;
  const place = (x) => Math.min(1, Math.max(0, (bend(x) - bend(low)) / (bend(high) - bend(low))));
  const valueAt = (p) => Number(unbend(bend(low) + p * (bend(high) - bend(low))).toPrecision(2));
  let value = NaN;

  const slider = make("input", { type: "range", min: 0, max: 1, step: 0.005, value: 0.5, className: "xg-untouched" });
  slider.setAttribute("aria-label", say("Your guess, as a place on the scale", "在标尺上选定你的猜测"));
  slider.setAttribute("aria-valuetext", say("no guess yet", "尚未作答"));
  const field = make("input", { type: "text", inputMode: "decimal", autocomplete: "off", placeholder: "?" });
  field.setAttribute("aria-label", say("Your guess, as a number", "直接输入你猜的数"));

  const moved = () => {
    slider.classList.remove("xg-untouched");
    slider.setAttribute("aria-valuetext", shown(value) + unit);
  };
  slider.addEventListener("input", () => {
    value = valueAt(Number(slider.value));
    field.value = shown(value);
    moved();
  });
  field.addEventListener("input", () => {
    value = parsed(field.value);
    if (log && value <= 0) value = NaN;
    if (Number.isNaN(value)) return;
    slider.value = place(value);
    moved();
  });

  const track = make("div", { className: "xg-track" }, slider, ticks(low, high, log, place));
  const entry = make("label", { className: "xg-field" }, field, make("span", { textContent: unit }));
  return {
    nodes: [make("div", { className: "xg-scale" }, track, entry)],
    value: () => value,
    restore(guess) {
      value = guess;
      slider.value = place(guess);
      field.value = shown(guess);
      moved();
    },
    mark: (truth) => track.append(mark("xg-mark", truth, place)),
  };
}

function mark(className, x, place) {
  const node = make("span", { className, textContent: shown(x) });
  node.style.setProperty("--at", place(x));
  node.setAttribute("aria-hidden", "true"); // the slider and the result say it
  return node;
}

// Powers of ten, or quarters; at most seven.
function ticks(low, high, log, place) {
  const powers = Math.round(Math.log10(high / low));
  const all = log
    ? Array.from({ length: powers + 1 }, (_, k) => low * 10 ** k)
    : [0, 0.25, 0.5, 0.75, 1].map((p) => low + p * (high - low));
  const every = Math.ceil(all.length / 7);
  return make("div", { className: "xg-ticks" },
    ...all.filter((_, k) => k % every === 0).map((x) => mark("", x, place)));
}
