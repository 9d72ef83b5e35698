// What the book's interactive figures share: words, axes, pens, panels, controls.
// Every notebook output holds this file; a second copy changes nothing.
globalThis.xg ??= (() => {
  const list = (count, f) => Array.from({ length: count }, (_, i) => f(i));

  // -- Words ---------------------------------------------------------------------------

  const superscript = (k) =>
    String(k).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);

  // Three significant digits, as a book prints them: 0.1, −3.24, 3.03×10⁶.
  function number(x) {
    const [digits, power] = x.toExponential(2).split("e").map(Number);
    const plain = power >= -3 && power < 5;
    const text = plain ? String(+x.toPrecision(3)) : `${digits}×10${superscript(power)}`;
    return text.replace("-", "−");
  }

  // -- Numbers -------------------------------------------------------------------------

  // mulberry32: a small generator with a seed; every reader sees the same draws.
  function random(seed) {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  // Box and Muller: two uniform numbers give a Gaussian one; 1 − u is never 0.
  const normal = (u) => Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u());

  // A 2 × 2 matrix is a list of four, row by row; an eigenvalue is [real, imaginary].
  const mat2 = {
    identity: [1, 0, 0, 1],
    times: ([p, q, r, s], [t, u, v, w]) => [p * t + q * v, p * u + q * w, r * t + s * v, r * u + s * w],
    act: ([p, q, r, s], [x, y]) => [p * x + q * y, r * x + s * y],
    transpose: ([p, q, r, s]) => [p, r, q, s],
    determinant: ([p, q, r, s]) => p * s - q * r,
    eigenvalues([p, q, r, s]) {
      const half = (p + s) / 2, square = half ** 2 - (p * s - q * r), root = Math.sqrt(Math.abs(square));
      return square < 0 ? [[half, root], [half, -root]] : [[half + root, 0], [half - root, 0]];
    },
    radius: (M) => Math.max(...mat2.eigenvalues(M).map((z) => Math.hypot(...z))),
  };

  // -- Pictures ------------------------------------------------------------------------

  // Where the pictures of a figure stand: in a row, or stacked in a narrow window.  The
  // drawing area of a "square" one is as high as wide; a "wide" one takes the rest.
  const GAP = 14, NARROW = 520, STACKED = 270;
  const MARGIN = { left: 44, right: 14, top: 28, bottom: 40 };
  const EXTRA = MARGIN.top + MARGIN.bottom - MARGIN.left - MARGIN.right;
  function panels(width, shapes, high = 340) {
    const narrow = width < NARROW, columns = narrow ? 1 : shapes.length;
    const free = width - GAP * (columns - 1), side = Math.floor(Math.min(free / columns, high - EXTRA));
    const squares = shapes.filter((shape) => shape === "square").length;
    const rest = narrow ? width : (free - side * squares) / (columns - squares);
    const row = squares ? side + EXTRA : high;
    let x = 0, y = 0;
    return shapes.map((shape) => {
      const square = shape === "square";
      const panel = { x, y, width: square ? side : rest, height: narrow && !square ? STACKED : row };
      if (narrow) y += panel.height + GAP;
      else x += panel.width + GAP;
      return panel;
    });
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
    const [low, high] = range.map((x) => (log ? Math.log10(x) : x / tick)).sort((x, y) => x - y);
    return list(Math.round(high - low) + 1, (i) => {
      const k = Math.round(low) + i;
      return log ? [10 ** k, `10${superscript(k)}`] : [k * tick, number(k * tick)];
    });
  }

  // The scales of a panel and the markup of their ticks; the y label stands above its axis.
  function axes({ width, height }, x, y) {
    const left = MARGIN.left, right = width - MARGIN.right;
    const top = MARGIN.top, bottom = height - MARGIN.bottom;
    const X = scale(x, [left, right]), Y = scale(y, [bottom, top]);
    const across = ticks(x).map(([v, text]) =>
      `<path d="M${X(v)} ${bottom}v5" stroke="currentColor"/>
       <text x="${X(v)}" y="${bottom + 18}" text-anchor="middle">${text}</text>`);
    const up = ticks(y).map(([v, text]) =>
      `<path d="M${left} ${Y(v)}H${right}" stroke="currentColor" opacity=".2"/>
       <text x="${left - 7}" y="${Y(v) + 4}" text-anchor="end">${text}</text>`);
    const markup = `${across.join("")}${up.join("")}
      <text x="${(left + right) / 2}" y="${height - 5}" text-anchor="middle">${x.label}</text>
      <text x="6" y="14">${y.label}</text>`;
    return {
      X, Y, left, right, top, bottom, markup,
      place: ([a, b]) => [X(a), Y(b)],
      level: (b) => `M${left} ${Y(b)}H${right}`,
      upright: (a) => `M${X(a)} ${top}V${bottom}`,
    };
  }

  // What leaves the axes' box is cut off, `spare` pixels beside it.
  function clip({ left, right, top, bottom }, markup, spare = 0) {
    const box = [left - spare, top, right - left + 2 * spare, bottom - top];
    const [x, y, width, height] = box;
    return `<svg x="${x}" y="${y}" width="${width}" height="${height}" viewBox="${box.join(" ")}"
      style="overflow: hidden">${markup}</svg>`;
  }

  const line = (points) => `M${points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}`;
  const dots = (points) => points.map((p) => `${line([p])}h0`).join("");
  const circle = (centre = 0, radius = 1) => list(181, (i) => (i * Math.PI) / 90)
    .map((t) => [centre + radius * Math.cos(t), radius * Math.sin(t)]);

  // A pen draws a path, in the picture and in its key alike.
  const INKS = { blue: "var(--blue)", orange: "var(--orange)", text: "currentColor" };
  const STYLES = {
    solid: "", faint: 'opacity=".45"', round: 'stroke-linecap="round"', dashed: 'stroke-dasharray="7 5"',
    dotted: 'stroke-dasharray="2 4"', dashdot: 'stroke-dasharray="6 3 2 3"',
  };
  const pen = (ink, size = 1.5, style = "solid") => (d) =>
    `<path d="${d}" stroke="${INKS[ink] ?? ink}" stroke-width="${size}" stroke-linejoin="round" ${STYLES[style]}/>`;
  const spots = (ink, size) => (points) => pen(ink, size, "round")(dots(points));
  const spotsKey = (ink, size) => () => spots(ink, size)([[8, 8], [18, 8], [28, 8]]);
  const ring = ([x, y], ink = "currentColor", size = 2) =>
    `<circle cx="${x}" cy="${y}" r="7" fill="none" stroke="${ink}" stroke-width="${size}"/>`;

  // cividis, which everybody sees alike; a shade lies between 0, dark, and 1, bright.
  const CIVIDIS = ["00224e", "1a386f", "434e6c", "61656f", "7d7c78", "9b9476", "bcae6c", "dec958", "fee838"]
    .map((colour) => [0, 2, 4].map((i) => Number.parseInt(colour.slice(i, i + 2), 16)));
  const SHADES = Uint32Array.from({ length: 256 }, (_, n) => {
    const place = n / 32, k = Math.floor(place), next = CIVIDIS[Math.min(k + 1, 8)];
    const [r, g, b] = CIVIDIS[k].map((c, i) => Math.round(c + (place - k) * (next[i] - c)));
    return (255 << 24) | (b << 16) | (g << 8) | r;
  });

  // A heat map as a data address, one pixel for each value of shade(column, row).
  function heat(columns, rows, shade) {
    const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
    const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    for (let p = 0; p < pixels.length; p++) {
      const level = shade(p % columns, Math.floor(p / columns));
      pixels[p] = SHADES[Math.round(255 * Math.min(1, Math.max(0, level)))];
    }
    context.putImageData(image, 0, 0);
    return canvas.toDataURL();
  }

  // The map in the axes' box and, above its right end, what its colours mean.
  function heatMap({ left, right, top, bottom }, image, [low, high], rendering = "auto") {
    heat.ramp ??= heat(64, 1, (i) => i / 63);
    const end = right - 40;
    const picture = (href, x, y, width, height) => `<image href="${href}" x="${x}" y="${y}" width="${width}"
      height="${height}" preserveAspectRatio="none" style="image-rendering: ${rendering}"/>`;
    return `${picture(image, left, top, right - left, bottom - top)}${picture(heat.ramp, end - 80, 5, 80, 10)}
      <text x="${end - 86}" y="14" text-anchor="end">${low}</text><text x="${end + 6}" y="14">${high}</text>`;
  }

  // -- The element ---------------------------------------------------------------------

  // Mixed with the text's colour, a colour darkens on white and brightens on black.
  const style = `
    :host { display: block; margin: 1em 0; font-size: 14px; line-height: 1.5; text-autospace: normal;
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
    :focus-visible { outline: 3px solid var(--orange); outline-offset: 1px; }
    @media print { .plot > svg { max-width: 100%; height: auto; } }`;

  // A figure has `setup()`, which adds controls, and `draw(...panels)`, which returns
  // its `pictures`, one a panel, its `key` and what it shows `inWords`.
  class Figure extends (globalThis.HTMLElement ?? Object) {
    static shapes = ["wide"];
    static high = 340;

    connectedCallback() {
      if (this.shadowRoot) return;
      const spoken = this.closest("[lang]:not([lang=''])")?.lang || navigator.language;
      this.chinese = spoken.toLowerCase().startsWith("zh");
      this.lang ||= spoken;
      // The fallback text stays outside the shadow root, so it is no longer shown.
      this.attachShadow({ mode: "open" }).innerHTML = `<style>${style}</style><form></form>
        <div class="ruler"></div><div class="plot"><svg role="img"></svg></div><div class="key"></div><output></output>`;
      const find = (selector) => this.shadowRoot.querySelector(selector);
      [this.form, this.ruler, this.plot, this.svg] = ["form", ".ruler", ".plot", "svg"].map(find);
      [this.key, this.output] = [".key", "output"].map(find);
      this.svg.setAttribute("aria-label", this.say("Interactive figure", "交互图")); // until drawn
      // Asked for the width here, the browser would lay out the page that it has half read;
      // at its next picture it does so anyway.  What it skips is measured when it comes near.
      requestAnimationFrame(() => this.checkVisibility?.({ contentVisibilityAuto: true }) && this.measure());
      new ResizeObserver(() => this.measure()).observe(this.ruler);
      addEventListener("beforeprint", () => { this.measure(); this.paint(); });
    }

    say(english, chinese) {
      return this.chinese ? chinese : english;
    }

    // The picture's place is kept from the start, so nothing moves when it comes.  It
    // comes at once within a screen of the window, else when it gets there.
    measure() {
      const width = this.ruler.clientWidth;
      if (!width || width === this.plotWidth) return;
      if (!this.controls) {
        [this.options, this.controls] = [JSON.parse(this.dataset.options), []];
        this.setup();
      }
      this.plotWidth = width;
      this.panels = panels(width, this.constructor.shapes, this.constructor.high);
      const height = Math.max(...this.panels.map((panel) => panel.y + panel.height));
      for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
        this.svg.setAttribute(name, value);
      const { top, bottom } = this.getBoundingClientRect();
      if (this.drawn || (top < 2 * innerHeight && bottom > -innerHeight)) this.paint();
      else this.wait();
    }

    wait() {
      this.observer ??= new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) this.paint();
      }, { rootMargin: "100% 0px" });
      this.observer.observe(this);
    }

    // Draws once a frame at most, however fast a slider moves.
    update() {
      if (this.drawn) this.frame ??= requestAnimationFrame(() => this.paint());
    }

    paint() {
      this.frame = undefined;
      if (!this.panels) return;
      this.observer?.disconnect();
      this.drawn = true;
      const { pictures, key, inWords } = this.draw(...this.panels);
      this.svg.innerHTML = pictures.map((picture, i) =>
        `<g transform="translate(${this.panels[i].x} ${this.panels[i].y})">${picture}</g>`).join("");
      this.svg.setAttribute("aria-label", inWords);
      this.key.replaceChildren(...key.map(([stroke, text]) => {
        const entry = document.createElement("span");
        entry.innerHTML = `<svg width="36" height="16" aria-hidden="true">${stroke("M2 8H34")}</svg>`;
        entry.append(text);
        return entry;
      }));
      this.output.textContent = inWords;
    }

    add(text, control) {
      const label = document.createElement("label");
      const value = document.createElement("b");
      label.append(text, " ", value, control);
      control.setAttribute("aria-label", text); // the name alone; the value is read apart
      this.form.append(label);
      this.controls.push(control);
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
      control.reset = () => { control.value = initial; };
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

    resetButton(action) {
      return this.button(this.say("Reset", "重置"), () => {
        for (const control of this.controls) control.reset();
        action?.();
      });
    }
  }

  const define = (name, type) => {
    if (globalThis.customElements && !customElements.get(name)) customElements.define(name, type);
  };
  return { list, superscript, number, random, normal, mat2, panels, scale, axes, clip, line, dots, circle,
    pen, spots, spotsKey, ring, heat, heatMap, Figure, define };
})();
