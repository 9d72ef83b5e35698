// One query and its keys at the start: the softmax, its Jacobian, the gradient by the query.
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

  // The largest λ with Σ p/(p − λ) = 0 lies between the two largest p.
  function jacobianNorm(weights) {
    const p = [...weights].sort((a, b) => b - a);
    const rest = p.slice(1).reduce((s, x) => s + x, 0);
    const spread = Math.max(p[0] * rest, p[1] * (1 - p[1]));
    let low = Math.max(p[1], spread), high = Math.max(low, Math.min(p[0], 2 * spread));
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (p.reduce((s, x) => s + x / (x - middle), 0) > 0) high = middle;
      else low = middle;
    }
    return (low + high) / 2;
  }

  // Across the query the keys are taken as orthogonal, which they nearly are.  Plain
  // loops: a picture asks for 19,000 of these.
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

  function summary(values) {
    const v = Float64Array.from(values).sort(), at = (q) => v[Math.round(q * (v.length - 1))];
    return { mean: v.reduce((s, x) => s + x, 0) / v.length, median: at(0.5), high: at(0.99) };
  }

  return { normals, logits, softmax, jacobianNorm, gradient, summary };
})();

xg.define("xg-softmax-saturation", class extends xg.Figure {
  static KEYS = 64;
  static ROWS = 1000;
  static DIMS = xg.list(19, (i) => 2 ** (i + 1));
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

  // Curves depend on the scale and the size only; moving d redraws, and computes little.
  curves(kind, size) {
    const name = `${kind} ${size}`;
    this.known ??= {};
    this.known[name] ??= this.constructor.DIMS.map((dim) => xg.saturation.summary(
      this.rows.map(([z, a]) => xg.saturation.gradient(z, a, { kind, dim, size }))));
    return this.known[name];
  }

  bars(p, panel) {
    const { X, Y, markup } = xg.axes(panel, { range: [0, 16], tick: 4, label: this.say("the 16 largest of 64 weights", "64个权重中最大的16个") },
      { range: [0, 1], tick: 0.25, label: this.say("weight p", "权重p") }), step = X(1) - X(0);
    const rects = [...p].sort((a, b) => b - a).slice(0, 16).map((x, i) =>
      `<rect x="${X(i) + 0.15 * step}" width="${0.7 * step}" y="${Y(x)}" height="${Y(0) - Y(x)}" style="fill: var(--blue)"/>`);
    return markup + rects.join("");
  }

  quantiles(curves, dim, panel, pens) {
    const { DIMS } = this.constructor, least = 1e-5, most = 1e3;
    const axes = xg.axes(panel, { range: [1, 1e6], log: true, label: this.say("key dimension d", "键的维数d") },
      { range: [least, most], log: true, label: this.say("gradient ‖g‖ by the query", "对查询的梯度‖g‖") });
    const trace = (name) => xg.line(curves.map((point, i) => axes.place([DIMS[i], Math.min(Math.max(point[name], least), most)])));
    return `${axes.markup}${xg.pen("text", 1, "faint")(axes.upright(dim))}
      ${Object.entries(pens).map(([name, pen]) => pen(trace(name))).join("")}`;
  }

  draw(bars, quantiles) {
    const kind = this.kind.value, dim = this.dim.chosen, size = this.size.chosen;
    const p = xg.saturation.softmax(xg.saturation.logits(this.rows[3][0], { kind, dim, size }));
    const curves = this.curves(kind, size), now = curves[this.constructor.DIMS.indexOf(dim)];
    const pens = { high: xg.pen("orange", 2.5, "dashed"), mean: xg.pen("text", 2, "dotted"), median: xg.pen("blue", 3) };
    const pictures = [this.bars(p, bars), this.quantiles(curves, dim, quantiles, pens)];
    const key = [
      [pens.high, this.say("99th percentile", "99%分位数")], [pens.mean, this.say("mean", "均值")],
      [pens.median, this.say("median of 1000 draws", "1000次抽样的中位数")]];
    return { pictures, key, inWords: this.inWords(p, now) };
  }

  inWords(p, { median, mean, high }) {
    const norm = xg.number(xg.saturation.jacobianNorm(p)), top = xg.number(Math.max(...p));
    const [low, middle, much] = [median, mean, high].map(xg.number);
    return this.say(`This draw: largest weight ${top}, norm of the softmax's Jacobian ${norm}.\nGradient by the query: median ${low}, mean ${middle}, 99th percentile ${much}.`,
      `这次抽样：最大权重${top}，softmax的雅可比矩阵的范数${norm}。\n对查询的梯度：中位数${low}，均值${middle}，99%分位数${much}。`);
  }
});
