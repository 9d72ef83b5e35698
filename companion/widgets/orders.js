// Products of A = (1/2 2; 0 1/2) and its transpose B, in every order of twelve.
xg.orders ??= (() => {
  const LAYERS = { A: [0.5, 2, 0, 0.5], B: [0.5, 0, 2, 0.5] };
  const times = ([p, q, r, s], [t, u, v, w]) =>
    [p * t + q * v, p * u + q * w, r * t + s * v, r * u + s * w];
  // The sum and the difference of the singular values are the two lengths.
  const spectralNorm = ([p, q, r, s]) => (Math.hypot(p + s, q - r) + Math.hypot(p - s, q + r)) / 2;

  // The largest singular value after no layer, one layer, … all layers.
  function journey(order) {
    const norms = [1];
    let product = [1, 0, 0, 1];
    for (const letter of order) norms.push(spectralNorm(product = times(LAYERS[letter], product)));
    return norms;
  }

  // The norms of all orders of n layers.
  function all(n) {
    let products = [[1, 0, 0, 1]];
    for (let k = 0; k < n; k++) products = products.flatMap((p) => [times(LAYERS.A, p), times(LAYERS.B, p)]);
    return products.map(spectralNorm);
  }

  // How many of the values lie in each of the equal bins between two ends.
  function histogram(values, low, high, bins) {
    const counts = Array(bins).fill(0);
    for (const value of values)
      counts[Math.min(bins - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * bins)))]++;
    return counts;
  }

  return { journey, all, histogram };
})();

xg.define("xg-orders", class extends xg.Figure {
  static LENGTH = 12;
  static RANGE = [-3, 4]; // log₁₀ of the norm
  static BINS = 35;

  setup() {
    this.order = [...this.options.order];
    const row = Object.assign(document.createElement("div"), { style: "grid-column: 1 / -1; display: flex; gap: 3px" });
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", this.say("The layers, from the first to the last", "从第一层到最后一层"));
    this.tiles = this.order.map((_, k) => {
      const tile = Object.assign(document.createElement("button"), { type: "button", style: "flex: 1; min-width: 0; padding: 0" });
      tile.addEventListener("click", () => this.put(k, this.order[k] === "A" ? "B" : "A"));
      row.append(tile);
      return tile;
    });
    this.form.append(row);
    this.order.forEach((letter, k) => this.put(k, letter));
    this.button(this.say("A coin for each layer", "每层抛一枚硬币"),
      () => this.order.forEach((_, k) => this.put(k, Math.random() < 0.5 ? "A" : "B")));
    this.button(this.say("Reset", "重置"),
      () => [...this.options.order].forEach((letter, k) => this.put(k, letter)));
    const logs = xg.orders.all(this.constructor.LENGTH).map(Math.log10);
    this.sorted = logs.sort((x, y) => x - y);
    this.counts = xg.orders.histogram(logs, ...this.constructor.RANGE, this.constructor.BINS);
  }

  put(k, letter) {
    this.order[k] = letter;
    this.tiles[k].textContent = letter;
    this.tiles[k].setAttribute("aria-label", this.say(`Layer ${k + 1}: ${letter}`, `第 ${k + 1} 层：${letter}`));
    this.tiles[k].style.fontWeight = letter === "B" ? "700" : "400";
    this.update();
  }

  path(norms, width, height) {
    const { LENGTH, RANGE } = this.constructor;
    const axes = xg.axes(width, height, { range: [0, LENGTH], tick: 3, label: this.say("layer k", "层 k") },
      { range: RANGE, tick: 1, label: this.say("log₁₀ of the product's norm", "乘积范数的 log₁₀") });
    const points = norms.map((norm, k) => [axes.X(k), axes.Y(Math.log10(norm))]);
    return `${axes.markup}
      <path d="M${axes.left} ${axes.Y(0)}H${axes.right}" stroke="currentColor"/>
      <path d="${xg.line(points)}" stroke="var(--blue)" stroke-width="2"/>
      <path d="${xg.dots(points)}" stroke="var(--blue)" stroke-width="7" stroke-linecap="round"/>`;
  }

  bars(norm, width, height) {
    const { RANGE, BINS } = this.constructor, [low, high] = RANGE;
    const axes = xg.axes(width, height, { range: RANGE, tick: 1, label: this.say("log₁₀ of the norm after 12 layers", "12 层之后范数的 log₁₀") },
      { range: [0, 500], tick: 100, label: this.say("how many of the 4,096 orders", "4096 种顺序中的个数") });
    const step = (high - low) / BINS, wide = axes.X(step) - axes.X(0) - 1;
    const bars = this.counts.map((count, i) =>
      `<rect x="${axes.X(low + i * step)}" y="${axes.Y(count)}" width="${wide}" height="${axes.bottom - axes.Y(count)}" style="fill: var(--blue); fill-opacity: .6"/>`);
    const here = axes.X(Math.log10(norm));
    return `${axes.markup}${bars.join("")}
      <path d="M${axes.X(0)} ${axes.top}V${axes.bottom}" stroke="currentColor" stroke-dasharray="2 4"/>
      <path d="M${here} ${axes.top}V${axes.bottom}" stroke="var(--orange)" stroke-width="3"/>`;
  }

  draw(width) {
    const norms = xg.orders.journey(this.order), norm = norms.at(-1), narrow = width < 520;
    const part = narrow ? width : (width - 16) / 2, height = narrow ? 240 : 270;
    const shift = narrow ? `0 ${height + 8}` : `${part + 16} 0`;
    const markup = `${this.path(norms, part, height)}
      <g transform="translate(${shift})">${this.bars(norm, part, height)}</g>`;
    const key = [
      [(d) => `<path d="${d}" stroke="var(--blue)" stroke-width="3"/>`, this.say("largest singular value after k layers", "k 层之后的最大奇异值")],
      [(d) => `<path d="${d}" stroke="var(--orange)" stroke-width="3"/>`, this.say("this order", "当前顺序")]];
    return { height: narrow ? 2 * height + 8 : height, markup, key, inWords: this.inWords(norm) };
  }

  inWords(norm) {
    const longer = this.sorted.filter((log) => log > Math.log10(norm) + 1e-9).length, number = xg.number;
    const word = this.order.join(""), many = this.order.filter((letter) => letter === "A").length;
    return this.say(`${word}: ${many} A and ${12 - many} B. The product stretches a vector ${number(norm)} times at most.\n`,
      `${word}：${many} 个 A，${12 - many} 个 B。乘积至多把向量拉伸 ${number(norm)} 倍。\n`)
      + this.say(`${longer} of the 4,096 orders stretch more.`, `4096 种顺序中有 ${longer} 种拉伸得更多。`);
  }
});
