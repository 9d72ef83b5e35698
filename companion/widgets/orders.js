// Products of two layers A and B, in every order of twelve.
xg.orders ??= (() => {
  const swap = [0.5, 2, 0, 0.5];
  const SYSTEMS = {
    swap: { A: swap, B: xg.mat2.transpose(swap) },
    diagonals: { A: [1.5, 0, 0, 0.1], B: [0.1, 0, 0, 1.5] },
    shears: { A: [1, 1, 0, 1], B: [1, 0, 1, 1] },
    turned: { A: [2, 0, 0, 0.1], B: [0, -0.1, 2, 0] }, // B turns by 90 degrees, too
  };
  // The sum and the difference of the singular values are the two lengths.
  const spectralNorm = ([p, q, r, s]) => (Math.hypot(p + s, q - r) + Math.hypot(p - s, q + r)) / 2;

  // The largest singular value after no layer, one layer, … all layers.
  function journey(order, layers) {
    const norms = [1];
    let product = xg.mat2.identity;
    for (const letter of order) {
      product = xg.mat2.times(layers[letter], product);
      norms.push(spectralNorm(product));
    }
    return norms;
  }

  // The norms of all orders of n layers.
  function all(n, { A, B }) {
    let products = [xg.mat2.identity];
    for (let k = 0; k < n; k++) products = [A, B].flatMap((layer) => products.map((p) => xg.mat2.times(layer, p)));
    return products.map(spectralNorm);
  }

  // How many of the values lie in each of the equal bins between two ends.
  function histogram(values, low, high, bins) {
    const counts = Array(bins).fill(0);
    for (const value of values)
      counts[Math.min(bins - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * bins)))]++;
    return counts;
  }

  return { SYSTEMS, journey, all, histogram };
})();

xg.define("xg-orders", class extends xg.Figure {
  static shapes = ["wide", "wide"];
  static high = 270;
  static LENGTH = 12;
  static BINS = 5; // for each power of ten

  setup() {
    this.order = [...this.options.order];
    this.system = this.select(this.say("The two layers", "两种层"), {
      swap: this.say("A = (½ 2; 0 ½), B its transpose", "A = (½ 2; 0 ½)，B为其转置"),
      diagonals: this.say("A = diag(1.5, 0.1), B = diag(0.1, 1.5)", "A：对角元1.5与0.1；B：对角元0.1与1.5"),
      shears: this.say("A = (1 1; 0 1), B its transpose", "A = (1 1; 0 1)，B为其转置"),
      turned: this.say("A = diag(2, 0.1), B turns by 90° after it", "A：对角元2与0.1；B：再转90°"),
    }, "swap");
    const row = document.createElement("div");
    row.style.cssText = "grid-column: 1 / -1; display: flex; gap: 3px";
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", this.say("The layers, from the first to the last", "从第一层到最后一层"));
    this.tiles = this.order.map((_, k) => {
      const tile = Object.assign(document.createElement("button"), { type: "button" });
      tile.style.cssText = "flex: 1; min-width: 0; padding: 0";
      tile.addEventListener("click", () => this.put(k, this.order[k] === "A" ? "B" : "A"));
      row.append(tile);
      return tile;
    });
    this.form.append(row);
    const putAll = (letter) => this.order.forEach((_, k) => this.put(k, letter(k)));
    putAll((k) => this.order[k]);
    this.button(this.say("A coin for each layer", "每层抛一枚硬币"), () => putAll(() => (Math.random() < 0.5 ? "A" : "B")));
    this.resetButton(() => putAll((k) => this.options.order[k]));
  }

  put(k, letter) {
    this.order[k] = letter;
    const tile = Object.assign(this.tiles[k], { textContent: letter });
    tile.setAttribute("aria-label", this.say(`Layer ${k + 1}: ${letter}`, `第${k + 1}层：${letter}`));
    tile.style.fontWeight = letter === "B" ? "700" : "400";
    this.update();
  }

  // All orders of the chosen layers, counted once.
  counted() {
    const { LENGTH, BINS } = this.constructor, name = this.system.value;
    if (this.every?.name === name) return this.every;
    const layers = xg.orders.SYSTEMS[name], logs = xg.orders.all(LENGTH, layers).map(Math.log10);
    const range = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
    const counts = xg.orders.histogram(logs, ...range, BINS * (range[1] - range[0]));
    const most = 200 * Math.ceil(Math.max(...counts) / 200);
    this.every = { name, layers, logs, range, counts, most };
    return this.every;
  }

  journey(norms, panel) {
    const { LENGTH } = this.constructor, { range } = this.counted();
    const axes = xg.axes(panel, { range: [0, LENGTH], tick: 3, label: this.say("layer k", "层k") },
      { range, tick: 1, label: this.say("log₁₀ of the product's norm", "乘积范数的log₁₀") });
    const points = norms.map((norm, k) => axes.place([k, Math.log10(norm)]));
    return `${axes.markup}${xg.pen("text", 1)(axes.level(0))}
      ${xg.pen("blue", 2)(xg.line(points))}${xg.spots("blue", 7)(points)}`;
  }

  bars(norm, panel, mark) {
    const { range, counts, most } = this.counted(), step = 1 / this.constructor.BINS;
    const axes = xg.axes(panel, { range, tick: 1, label: this.say("log₁₀ of the norm after 12 layers", "12层之后范数的log₁₀") },
      { range: [0, most], tick: most / 4, label: this.say("how many of the 4,096 orders", "4096种顺序中的个数") });
    const width = axes.X(step) - axes.X(0) - 1;
    const bars = counts.map((count, i) => {
      const [x, y] = axes.place([range[0] + i * step, count]);
      return `<rect x="${x}" y="${y}" width="${width}" height="${axes.bottom - y}" style="fill: var(--blue); fill-opacity: .6"/>`;
    });
    return `${axes.markup}${bars.join("")}${xg.pen("text", 1, "dotted")(axes.upright(0))}${mark(axes.upright(Math.log10(norm)))}`;
  }

  draw(journey, bars) {
    const norms = xg.orders.journey(this.order, this.counted().layers), norm = norms.at(-1), mark = xg.pen("orange", 3);
    const pictures = [this.journey(norms, journey), this.bars(norm, bars, mark)];
    const key = [
      [xg.pen("blue", 2), this.say("largest singular value after k layers", "k层之后的最大奇异值")],
      [mark, this.say("this order", "当前顺序")]];
    return { pictures, key, inWords: this.inWords(norm) };
  }

  inWords(norm) {
    const more = this.counted().logs.filter((log) => log > Math.log10(norm) + 1e-9).length, number = xg.number;
    const many = this.order.filter((letter) => letter === "A").length;
    return this.say(`${many} A and ${12 - many} B. The product stretches a vector ${number(norm)} times at most.\n`,
      `${many}个A，${12 - many}个B。乘积至多把向量拉伸到${number(norm)}倍。\n`)
      + this.say(`${more} of the 4,096 orders stretch more.`, `4096种顺序中有${more}种拉伸得更多。`);
  }
});
