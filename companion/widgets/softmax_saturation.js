// One query and its keys at the start: the softmax, its Jacobian, the gradient by the query.
xg.saturation ??= (() => {
  // mulberry32, then Box and Muller: every reader sees the same draws.
  function normals(seed, count) {
    let state = seed;
    const uniform = () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
    return Float64Array.from({ length: count },
      () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
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
    const sum = e.reduce((s, x) => s + x, 0);
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

  // Across the query the keys are taken as orthogonal, which they nearly are.
  function gradient(z, a, state) {
    const { kind, dim, size } = state, p = softmax(logits(z, state));
    const mean = p.reduce((s, x, i) => s + x * a[i], 0), c = p.map((x, i) => x * (a[i] - mean));
    const squares = (f) => c.reduce((s, x, i) => s + x * x * f(z[i]), 0) * (dim - 1);
    if (kind === "unit") return Math.sqrt(squares((x) => 1 / (x * x + dim - 1))) / size;
    const along = c.reduce((s, x, i) => s + x * z[i], 0);
    return scales[kind](dim) * size * Math.hypot(along, Math.sqrt(squares(() => 1)));
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
  static DIMS = Array.from({ length: 19 }, (_, i) => 2 ** (i + 1));

  setup() {
    const { dim, scale, size } = this.options, { KEYS, ROWS, DIMS } = this.constructor;
    this.kind = this.select(this.say("Logits", "注意力分数"), {
      one: "qᵀk", root: "qᵀk / √d", inverse: "qᵀk / d", unit: this.say("QK-norm: √d cos(q, k)", "QK 归一化：√d cos(q, k)"),
    }, scale);
    this.dim = this.slider(this.say("Key dimension d", "键的维数 d"), DIMS, dim, (d) => d.toLocaleString("en"));
    this.size = this.slider(this.say("Size of the entries of q and k", "q 与 k 的分量大小"),
      Array.from({ length: 41 }, (_, i) => 10 ** (i / 20 - 1)), size);
    const z = xg.saturation.normals(0, KEYS * ROWS), a = xg.saturation.normals(1, KEYS * ROWS);
    const row = (x, i) => Array.from(x.subarray(i * KEYS, (i + 1) * KEYS));
    this.rows = Array.from({ length: ROWS }, (_, i) => [row(z, i), row(a, i)]);
    this.button(this.say("Reset", "重置"), () => {
      this.kind.value = scale;
      for (const slider of [this.dim, this.size]) slider.reset();
    });
  }

  // Curves depend on the scale and the size only; moving d redraws, and computes little.
  curves(kind, size) {
    if (this.known !== `${kind} ${size}`) {
      this.found = this.constructor.DIMS.map((dim) => xg.saturation.summary(
        this.rows.map(([z, a]) => xg.saturation.gradient(z, a, { kind, dim, size }))));
      this.known = `${kind} ${size}`;
    }
    return this.found;
  }

  bars(p, width, height) {
    const axes = xg.axes(width, height, { range: [0, 16], tick: 4, label: this.say("the 16 largest of 64 weights", "64 个权重中最大的 16 个") },
      { range: [0, 1], tick: 0.25, label: this.say("weight p", "权重 p") });
    const { X, Y } = axes, step = X(1) - X(0);
    const rects = [...p].sort((a, b) => b - a).slice(0, 16).map((x, i) =>
      `<rect x="${X(i) + 0.15 * step}" width="${0.7 * step}" y="${Y(x)}" height="${Y(0) - Y(x)}" style="fill: var(--blue)"/>`);
    return axes.markup + rects.join("");
  }

  quantiles(curves, dim, width, height) {
    const { DIMS } = this.constructor, least = 1e-5, most = 1e3;
    const axes = xg.axes(width, height, { range: [1, 1e6], log: true, label: this.say("key dimension d", "键的维数 d") },
      { range: [least, most], log: true, label: this.say("gradient ‖g‖ by the query", "对查询的梯度 ‖g‖") });
    const { X, Y, top, bottom } = axes, kept = (x) => Math.min(Math.max(x, least), most);
    const trace = (name) => xg.line(curves.map((point, i) => [X(DIMS[i]), Y(kept(point[name]))]));
    return `${axes.markup}
      <path d="M${X(dim)} ${top}V${bottom}" stroke="currentColor" opacity=".5"/>
      <path d="${trace("high")}" stroke="var(--orange)" stroke-width="2.5" stroke-dasharray="7 5"/>
      <path d="${trace("mean")}" stroke="currentColor" stroke-width="2" stroke-dasharray="2 3"/>
      <path d="${trace("median")}" stroke="var(--blue)" stroke-width="3"/>`;
  }

  draw(width) {
    const kind = this.kind.value, dim = this.dim.chosen, size = this.size.chosen;
    const p = xg.saturation.softmax(xg.saturation.logits(this.rows[3][0], { kind, dim, size }));
    const curves = this.curves(kind, size), now = curves[this.constructor.DIMS.indexOf(dim)];
    const narrow = width < 520, left = narrow ? width : Math.round(0.42 * width);
    const height = narrow ? 240 : 300, right = narrow ? width : width - left - 12;
    const shift = narrow ? `0 ${height + 12}` : `${left + 12} 0`;
    const markup = `${this.bars(p, left, height)}
      <g transform="translate(${shift})">${this.quantiles(curves, dim, right, height)}</g>`;
    const key = [
      [(d) => `<path d="${d}" stroke="var(--orange)" stroke-width="2.5" stroke-dasharray="7 5"/>`, this.say("99th percentile", "99 % 分位数")],
      [(d) => `<path d="${d}" stroke="currentColor" stroke-width="2" stroke-dasharray="2 3"/>`, this.say("mean", "均值")],
      [(d) => `<path d="${d}" stroke="var(--blue)" stroke-width="3"/>`, this.say("median of 1000 draws", "1000 次抽样的中位数")]];
    return { height: narrow ? 2 * height + 12 : height, markup, key, inWords: this.inWords(p, now) };
  }

  inWords(p, { median, mean, high }) {
    const norm = xg.number(xg.saturation.jacobianNorm(p)), top = xg.number(Math.max(...p));
    const [low, middle, much] = [median, mean, high].map(xg.number);
    return this.say(`This draw: largest weight ${top}, norm of the softmax's Jacobian ${norm}.\nGradient by the query: median ${low}, mean ${middle}, 99th percentile ${much}.`,
      `这次抽样：最大权重 ${top}，softmax 雅可比矩阵的范数 ${norm}。\n对查询的梯度：中位数 ${low}，均值 ${middle}，99 % 分位数 ${much}。`);
  }
});
