// What the book's interactive figures share: words, controls, axes, colours.
// Every notebook output holds this file; a second copy changes nothing.
globalThis.xg ??= (() => {
  const superscript = (k) =>
    String(k).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);

  // Three significant digits, as a book prints them: 0.1, −3.24, 3.03×10⁶.
  function number(x) {
    const [digits, power] = x.toExponential(2).split("e").map(Number);
    const plain = power >= -3 && power < 5;
    const text = plain ? String(+x.toPrecision(3)) : `${digits}×10${superscript(power)}`;
    return text.replace("-", "−");
  }

  // A map from the data's range to pixels, and back by `invert`.
  function scale({ range, log }, [start, end]) {
    const f = log ? Math.log10 : (x) => x;
    const [low, high] = range.map(f);
    const map = (x) => start + ((f(x) - low) / (high - low)) * (end - start);
    map.invert = (pixel) => {
      const value = low + ((pixel - start) / (end - start)) * (high - low);
      return log ? 10 ** value : value;
    };
    return map;
  }

  function ticks({ range, log, tick = 1 }) {
    const [low, high] = range.map((x) => (log ? Math.log10(x) : x / tick));
    const count = Math.round(high - low) + 1;
    return Array.from({ length: count }, (_, i) => {
      const k = Math.round(low) + i;
      return log ? [10 ** k, `10${superscript(k)}`] : [k * tick, number(k * tick)];
    });
  }

  // Two scales and the markup of their ticks; the y label stands above its axis.
  function axes(width, height, x, y) {
    const box = { left: 40, right: width - 14, top: 28, bottom: height - 40 };
    const X = scale(x, [box.left, box.right]);
    const Y = scale(y, [box.bottom, box.top]);
    const across = ticks(x).map(([v, text]) =>
      `<path d="M${X(v)} ${box.bottom}v5" stroke="currentColor"/>
       <text x="${X(v)}" y="${box.bottom + 18}" text-anchor="middle">${text}</text>`);
    const up = ticks(y).map(([v, text]) =>
      `<path d="M${box.left} ${Y(v)}H${box.right}" stroke="currentColor" opacity=".2"/>
       <text x="${box.left - 7}" y="${Y(v) + 4}" text-anchor="end">${text}</text>`);
    const markup = `${across.join("")}${up.join("")}
      <text x="${(box.left + box.right) / 2}" y="${height - 5}" text-anchor="middle">${x.label}</text>
      <text x="6" y="14">${y.label}</text>`;
    return { X, Y, ...box, markup };
  }

  const line = (points) => `M${points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}`;
  const dots = (points) => points.map((p) => `${line([p])}h0`).join("");

  // Mixed with the text's colour, a colour darkens on white and brightens on black.
  const style = `
    :host { display: block; margin: 1em 0; font-size: 14px; line-height: 1.5;
      --blue: color-mix(in srgb, #0072b2 70%, currentColor);
      --orange: color-mix(in srgb, #d55e00 80%, currentColor); }
    form { display: grid; grid-template-columns: repeat(auto-fit, minmax(11em, 1fr)); gap: 4px 20px;
      align-items: end; }
    label { display: block; }
    input, select { display: block; box-sizing: border-box; width: 100%; height: 28px; margin: 0; font: inherit; }
    input { accent-color: var(--blue); }
    button { min-height: 28px; font: inherit; }
    b { font-variant-numeric: tabular-nums; }
    .plot { position: relative; margin-top: 8px; }
    svg { display: block; font-size: 13px; fill: currentColor; overflow: visible; }
    path { fill: none; }
    .key { display: flex; flex-wrap: wrap; gap: 0 20px; }
    .key svg { display: inline; margin-right: 6px; vertical-align: middle; }
    output { display: block; margin-top: 4px; min-height: 3em; white-space: pre-line; }
    .handle { position: absolute; width: 32px; height: 32px; margin: -16px; border-radius: 50%;
      cursor: grab; touch-action: none; }
    :focus-visible { outline: 3px solid var(--orange); outline-offset: 1px; }`;

  // A figure has `setup()`, which adds controls, and `draw(width)`, which returns
  // the picture's `height`, `markup`, `key` and what it shows `inWords`.
  class Figure extends (globalThis.HTMLElement ?? Object) {
    connectedCallback() {
      if (this.shadowRoot) return;
      const spoken = this.closest("[lang]:not([lang=''])")?.lang || navigator.language;
      this.chinese = spoken.toLowerCase().startsWith("zh");
      this.lang ||= spoken;
      // The fallback text stays outside the shadow root, so it is no longer shown.
      this.attachShadow({ mode: "open" }).innerHTML = `<style>${style}</style><form></form>
        <div class="plot"><svg role="img"></svg></div><div class="key"></div><output></output>`;
      const find = (selector) => this.shadowRoot.querySelector(selector);
      [this.form, this.plot, this.svg] = ["form", ".plot", "svg"].map(find);
      [this.key, this.output] = [".key", "output"].map(find);
      this.options = JSON.parse(this.dataset.options);
      this.setup();
      new ResizeObserver(() => this.update()).observe(this.plot);
    }

    say(english, chinese) {
      return this.chinese ? chinese : english;
    }

    // Draws once a frame at most, however fast a slider moves.
    update() {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = undefined;
        const width = this.plot.clientWidth;
        if (!width) return;
        const { height, markup, key, inWords } = this.draw(width);
        for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
          this.svg.setAttribute(name, value);
        this.svg.innerHTML = markup;
        this.svg.setAttribute("aria-label", inWords);
        this.key.replaceChildren(...key.map(([stroke, text]) => {
          const entry = document.createElement("span");
          entry.innerHTML = `<svg width="36" height="16" aria-hidden="true">${stroke("M2 8H34")}</svg>`;
          entry.append(text);
          return entry;
        }));
        this.output.textContent = inWords;
      });
    }

    add(text, control) {
      const label = document.createElement("label");
      const value = document.createElement("b");
      label.append(text, " ", value, control);
      control.setAttribute("aria-label", text); // the name alone; the value is read apart
      this.form.append(label);
      return value;
    }

    // A slider over a list of values: `control.chosen` is the value in force.
    slider(text, values, initial, inWords = number) {
      const near = (v) => Math.abs(Math.log(v / initial)) || 0;
      const start = values.includes(initial) ? values.indexOf(initial)
        : values.reduce((best, v, i) => (near(v) < near(values[best]) ? i : best), 0);
      const control = Object.assign(document.createElement("input"),
        { type: "range", min: 0, max: values.length - 1, value: start });
      const value = this.add(text, control);
      const show = () => {
        control.chosen = values[control.value];
        value.textContent = inWords(control.chosen);
        control.setAttribute("aria-valuetext", value.textContent);
        this.update();
      };
      control.reset = () => { control.value = start; show(); };
      control.addEventListener("input", show);
      show();
      return control;
    }

    select(text, names, initial) {
      const control = document.createElement("select");
      for (const [value, name] of Object.entries(names))
        control.append(new Option(name, value, false, value === initial));
      control.addEventListener("change", () => this.update());
      this.add(text, control);
      return control;
    }

    button(text, action) {
      const control = Object.assign(document.createElement("button"), { type: "button", textContent: text });
      control.addEventListener("click", () => { action(); this.update(); });
      this.form.append(control);
      return control;
    }
  }

  const define = (name, type) => {
    if (globalThis.customElements && !customElements.get(name)) customElements.define(name, type);
  };
  return { number, superscript, scale, axes, line, dots, Figure, define };
})();
