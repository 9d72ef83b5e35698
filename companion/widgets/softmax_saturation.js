// One query and its keys at the start: the softmax, and the gradient by the query.
xg.saturation ??= (() => {
  function normals(seed, count) {
    const u = xg.random(seed);
    return Float64Array.from({ length: count }, () => xg.normal(u));
  }

  const scales = { one: () => 1, root: (d) => 1 / Math.sqrt(d), inverse: (d) => 1 / d };

  // The query is r√d long; key i is r z_i along it and r√(d − 1) across it.
  function logits(z, { kind, dim, size }) {
    if (kind === "unit") return z.map((x) => (Math.sqrt(dim) * x) / Math.sqrt(x * x + dim - 1));
    const factor = scales[kind](dim) * size * size * Math.sqrt(dim);
    return z.map((x) => factor * x);
  }

  function softmax(values) {
    const top = Math.max(...values), e = values.map((x) => Math.exp(x - top));
    let sum = 0;
    for (const x of e) sum += x;
    return e.map((x) => x / sum);
  }

  // Across the query the keys are taken as orthogonal, which they nearly are.  Plain
  // loops: a picture asks for 1000 of these.
  function gradient(z, a, state) {
    const { kind, dim, size } = state, p = softmax(logits(z, state));
    let mean = 0, along = 0, across = 0;
    for (let i = 0; i < p.length; i++) mean += p[i] * a[i];
    for (let i = 0; i < p.length; i++) {
      const c = p[i] * (a[i] - mean);
      along += c * z[i];
      across += (c * c) / (kind === "unit" ? z[i] * z[i] + dim - 1 : 1);
    }
    const rest = Math.sqrt(across * (dim - 1));
    return kind === "unit" ? rest / size : scales[kind](dim) * size * Math.hypot(along, rest);
  }

  // Half of all gradient goes to this share of the queries: the longest first.
  function summary(values) {
    const v = Float64Array.from(values).sort().reverse(), total = v.reduce((s, x) => s + x, 0);
    let carried = 0, winners = 0;
    while (carried < total / 2) carried += v[winners++];
    return { mean: total / v.length, median: v[v.length >> 1], high: v[0], share: winners / v.length };
  }

  return { normals, logits, softmax, gradient, summary };
})();

xg.define("xg-softmax-saturation", class extends xg.Figure {
  static KEYS = 64;
  static ROWS = 1000;
  static SHOWN = 200;
  static DIMS = xg.list(37, (i) => Math.round(2 ** (1 + i / 2)));
  static shapes = ["wide", "wide"];
  static high = 300;

  setup() {
    const { dim, scale, size } = this.options;
    this.kind = this.select(this.say("Logits", "注意力分数"), {
      one: "qᵀk", root: "qᵀk / √d", inverse: "qᵀk / d", unit: this.say("QK-norm: √d cos(q, k)", "QK归一化：√d cos(q, k)"),
    }, scale);
    this.dim = this.slider(this.say("Key dimension d", "键的维数d"), this.constructor.DIMS, dim, (d) => d.toLocaleString("en"));
    this.size = this.slider(this.say("Size of the entries of q and k", "q与k的分量大小"),
      xg.list(41, (i) => 10 ** (i / 20 - 1)), size);
    this.resetButton();
  }

  // The draws of all rows, made when they are first drawn.
  get rows() {
    const { KEYS, ROWS } = this.constructor;
    const [z, a] = [0, 1].map((seed) => xg.saturation.normals(seed, KEYS * ROWS));
    const row = (x, i) => Array.from(x.subarray(i * KEYS, (i + 1) * KEYS));
    const rows = xg.list(ROWS, (i) => [row(z, i), row(a, i)]);
    Object.defineProperty(this, "rows", { value: rows });
    return rows;
  }

  columns({ X, Y }, heights, share) {
    const step = X(1) - X(0);
    return heights.map((x, i) => `<rect x="${X(i) + ((1 - share) / 2) * step}" width="${share * step}"
      y="${Y(x)}" height="${Y(0) - Y(x)}" style="fill: var(--blue)"/>`).join("");
  }

  weights(p, panel) {
    const axes = xg.axes(panel, { range: [0, 16], tick: 4, label: this.say("the 16 largest of 64 weights", "64个权重中最大的16个") },
      { range: [0, 1], tick: 0.25, label: this.say("weight p", "权重p") });
    return axes.markup + this.columns(axes, [...p].sort((a, b) => b - a).slice(0, 16), 0.7);
  }

  // In units of the mean, whatever the scale; the axis ends at a round number.
  prizes(norms, { mean, median }, panel, pens) {
    const { SHOWN } = this.constructor, bars = norms.slice(0, SHOWN).map((x) => x / mean);
    const most = Math.max(2, ...bars), tick = [0.5, 1, 2, 5, 10, 20, 50, 100, 200].find((x) => 4 * x >= most) ?? 500;
    const axes = xg.axes(panel, { range: [0, SHOWN], tick: 50, label: this.say("query", "查询") },
      { range: [0, tick * Math.ceil(most / tick)], tick, label: this.say("gradient ‖g‖, in units of the mean", "梯度‖g‖，以均值为单位") });
    return `${axes.markup}${this.columns(axes, bars, 1)}${pens.mean(axes.level(1))}${pens.median(axes.level(median / mean))}`;
  }

  draw(weights, prizes) {
    const kind = this.kind.value, dim = this.dim.chosen, size = this.size.chosen;
    const p = xg.saturation.softmax(xg.saturation.logits(this.rows[3][0], { kind, dim, size }));
    const norms = this.rows.map(([z, a]) => xg.saturation.gradient(z, a, { kind, dim, size }));
    const found = xg.saturation.summary(norms);
    const pens = { mean: xg.pen("text", 2, "dotted"), median: xg.pen("orange", 2.5, "dashed") };
    const pictures = [this.weights(p, weights), this.prizes(norms, found, prizes, pens)];
    const key = [[pens.mean, this.say("mean of 1000 queries", "1000个查询的均值")], [pens.median, this.say("their median", "它们的中位数")]];
    return { pictures, key, inWords: this.inWords(p, found) };
  }

  inWords(p, { median, mean, high, share }) {
    const top = xg.number(Math.max(...p)), percent = xg.number(100 * share);
    const [middle, average, most] = [median, mean, high].map(xg.number);
    return this.say(`One query: largest weight ${top}.\nGradient by the query: mean ${average}, median ${middle}, longest ${most}; half of it goes to ${percent} % of the queries.`,
      `其中一个查询：最大权重${top}。\n对查询的梯度：均值${average}，中位数${middle}，最长${most}；其中一半归${percent}%的查询。`);
  }
});
