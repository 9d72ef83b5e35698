// The cosine between a gradient g and its copy with every entry clipped to ±τ.
xg.cosine ??= (() => {
  const { normal } = xg;

  function student(u, freedom) {
    let chi2 = 0;
    for (let i = 0; i < freedom; i++) chi2 += normal(u) ** 2;
    return normal(u) / Math.sqrt(chi2 / freedom);
  }

  // A series without subtraction, so exact to rounding; 200 terms reach x = 8.
  function erf(x) {
    let term = x, sum = x;
    for (let n = 1; n < 200; n++) sum += term *= (2 * x * x) / (2 * n + 1);
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }

  // E[|g| min(|g|, τ)] / √(E g² E min(|g|, τ)²) at τ = a √(E g²): the cosine for d → ∞.
  function gaussian(a) {
    const inside = erf(a / Math.SQRT2), density = Math.exp((-a * a) / 2) / Math.sqrt(2 * Math.PI);
    return inside / Math.sqrt(inside - 2 * a * density + a * a * (1 - inside));
  }
  function laplace(a) {
    const t = Math.SQRT2 * a, tail = Math.exp(-t), rest = -Math.expm1(-t);
    return (2 * rest - t * tail) / Math.sqrt(4 * (rest - t * tail));
  }
  function flat(a) {
    const t = Math.min(a / Math.sqrt(3), 1);
    return (Math.sqrt(3) * (1 / 2 - (t * t) / 6)) / Math.sqrt(1 - (2 * t) / 3);
  }

  // `limit` is the cosine for d → ∞, then τ → 0: E|g| / √(E g²), or 0 if E g² is infinite.
  const half = Math.sqrt(2 / Math.PI);
  const laws = {
    gaussian: { draw: normal, limit: half, curve: gaussian },
    laplace: { draw: (u) => Math.log(1 - u()) * Math.sign(u() - 0.5), limit: Math.SQRT1_2, curve: laplace },
    uniform: { draw: (u) => 2 * u() - 1, limit: Math.sqrt(3) / 2, curve: flat },
    student5: { draw: (u) => student(u, 5), limit: 4 / (Math.sqrt(3) * Math.PI) },
    student3: { draw: (u) => student(u, 3), limit: 2 / Math.PI },
    cauchy: { draw: (u) => Math.tan(Math.PI * (u() - 0.5)), limit: 0 },
    scales: { draw: (u) => normal(u) * Math.exp(normal(u)), limit: half * Math.exp(-1 / 2) },
    spike: { draw: (u, i, dim) => (i ? normal(u) : 10 * Math.sqrt(dim)), limit: half / Math.sqrt(101) },
  };

  function sample(law, dim, seed) {
    const u = xg.random(seed);
    return Float64Array.from({ length: dim }, (_, i) => laws[law].draw(u, i, dim));
  }

  // One sort and two running sums; then each threshold costs one binary search.
  function profile(gradient) {
    const sizes = gradient.map(Math.abs).sort(), dim = sizes.length;
    const sums = new Float64Array(dim + 1), squares = new Float64Array(dim + 1);
    for (let i = 0; i < dim; i++) {
      sums[i + 1] = sums[i] + sizes[i];
      squares[i + 1] = squares[i] + sizes[i] ** 2;
    }
    const total = squares[dim], rms = Math.sqrt(total / dim);
    return (ratio) => {
      const threshold = ratio * rms;
      let low = 0, high = dim; // ends at the number of entries that stay as they are
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sizes[middle] <= threshold) low = middle + 1;
        else high = middle;
      }
      const product = squares[low] + threshold * (sums[dim] - sums[low]);
      const clipped = squares[low] + threshold ** 2 * (dim - low);
      return { cosine: product / Math.sqrt(clipped * total), share: (dim - low) / dim };
    };
  }

  // A curve measured elsewhere, straight between its points on the log axis.
  function measured([thresholds, cosines]) {
    const last = thresholds.length - 1;
    return (ratio) => {
      const next = thresholds.findIndex((t) => t >= ratio);
      if (next <= 0) return { cosine: cosines[next < 0 ? last : 0] };
      const part = Math.log(ratio / thresholds[next - 1]) / Math.log(thresholds[next] / thresholds[next - 1]);
      return { cosine: cosines[next - 1] + part * (cosines[next] - cosines[next - 1]) };
    };
  }

  return { erf, laws, sample, profile, measured };
})();

xg.define("xg-value-cosine", class extends xg.Figure {
  setup() {
    const { law, dim, threshold, seed, curves } = this.options;
    const names = {
      gaussian: this.say("Gaussian", "高斯"), laplace: this.say("Laplace", "拉普拉斯"), uniform: this.say("uniform", "均匀"),
      student5: this.say("Student t, ν = 5", "t分布，ν = 5"), student3: this.say("Student t, ν = 3", "t分布，ν = 3"),
      cauchy: this.say("Cauchy", "柯西"), scales: this.say("log-normal scales", "对数正态尺度"),
      spike: this.say("Gaussian, one spike", "高斯，一个尖峰"),
    };
    for (const name of Object.keys(curves)) names[name] = name;
    this.law = this.select(this.say("Entries of g are", "梯度g的分量"), names, law);
    const dims = [2, 3, 5, ...[1, 2, 3, 4].flatMap((k) => [1, 2, 3, 5].map((m) => m * 10 ** k)), 1e5];
    this.dim = this.slider(this.say("Dimension d", "维数d"), dims, dim, (d) => d.toLocaleString("en"));
    this.threshold = this.slider(this.say("Threshold τ / rms", "阈值τ / 均方根"),
      xg.list(81, (i) => 10 ** (i / 20 - 3)), threshold);
    this.seed = seed;
    this.again = this.button(this.say("Draw another sample", "换一个样本"), () => this.seed++);
  }

  // Sorting 100,000 numbers is done once per sample, not once per threshold.
  prepared(law, curve) {
    const wanted = [law, this.dim.chosen, this.seed].join();
    if (this.known !== wanted) {
      this.at = curve ? xg.cosine.measured(curve)
        : xg.cosine.profile(xg.cosine.sample(law, this.dim.chosen, this.seed));
      this.known = wanted;
    }
    return this.at;
  }

  draw(panel) {
    const law = this.law.value, curve = this.options.curves[law];
    const dim = this.dim.chosen, threshold = this.threshold.chosen, size = dim.toLocaleString("en");
    this.dim.disabled = this.again.disabled = Boolean(curve);
    const at = this.prepared(law, curve);
    const axes = xg.axes(panel, { range: [1e-3, 10], log: true, label: this.say("threshold τ / rms of the entries", "阈值τ / 各分量的均方根") },
      { range: [0, 1], tick: 0.2, label: this.say("cosine of g and its clipped copy", "g与裁剪后的g的余弦") });
    const trace = (f) => xg.line(xg.list(201, (i) => 10 ** (i / 50 - 3)).map((a) => axes.place([a, f(a)])));
    const theory = curve ? xg.cosine.laws.gaussian : xg.cosine.laws[law];
    const { cosine, share } = at(threshold);
    const angle = (Math.acos(Math.min(1, cosine)) * 180) / Math.PI;
    const sample = xg.pen("blue", 3), limit = xg.pen("orange", 2, "dashed"), least = xg.pen("text", 2, "dotted");
    const [x, y] = axes.place([threshold, cosine]);
    // The curve never falls, so the place above it on the left is free.
    const beside = x > axes.left + 60 ? 'text-anchor="end" dx="-6"' : 'dx="4"';
    const corner = at(1).cosine > 0.5 ? [axes.right - 105, axes.bottom - 30] : [axes.left + 70, axes.Y(0.6)];
    const picture = `${axes.markup}${curve ? "" : least(axes.level(1 / Math.sqrt(dim)))}
      ${sample(trace((a) => at(a).cosine))}${limit(trace(theory.curve ?? (() => theory.limit)))}
      ${xg.pen("text", 1)(`M${x} ${y}V${axes.bottom}`)}
      <circle cx="${x}" cy="${y}" r="6" fill="var(--blue)" stroke="currentColor" stroke-width="1.5"/>
      <text x="${x}" y="${y}" dy="-11" font-size="15" font-weight="bold" ${beside}>${cosine.toFixed(3)}</text>
      ${this.arrows(...corner, angle)}`;
    const key = [
      [sample, curve ? law : this.say(`a sample, d = ${size}, seed ${this.seed}`, `一个样本，d = ${size}，种子${this.seed}`)],
      [limit, (curve ? this.say("Gaussian, ", "高斯，") : "") + (theory.curve ? "d → ∞" : this.say("d → ∞, then τ → 0", "先d → ∞，再τ → 0"))],
      ...(curve ? [] : [[least, this.say("smallest possible, 1/√d", "可能的最小值1/√d")]])];
    return { pictures: [picture], key, inWords: this.inWords(threshold, cosine, angle, share, theory, curve) };
  }

  // The gradient and its clipped copy as two arrows, with the angle between them.
  arrows(x, y, angle) {
    const arrow = (degrees, colour, dash) => `<g transform="translate(${x} ${y}) rotate(${-degrees})" stroke="${colour}">
      <path d="M0 0H80" stroke-width="2.5" ${dash}/><path d="M72 -5L80 0L72 5" stroke-width="2.5"/></g>`;
    const turn = (angle * Math.PI) / 180, tip = (r) => `${x + r * Math.cos(turn)} ${y - r * Math.sin(turn)}`;
    return `<path d="M${x + 26} ${y}A26 26 0 0 0 ${tip(26)}" stroke="currentColor"/>
      ${arrow(0, "currentColor", "")}${arrow(angle, "var(--blue)", 'stroke-dasharray="8 3"')}
      <text x="${x + 86}" y="${y + 5}">g</text>
      <text x="${x - 8}" y="${y - 2}" text-anchor="end">${angle.toFixed(1)}°</text>`;
  }

  inWords(threshold, cosine, angle, share, theory, curve) {
    const [tau, limit] = [threshold, theory.limit].map(xg.number), cos = cosine.toFixed(3);
    const percent = xg.number(100 * share);
    return this.say(`Threshold τ = ${tau} × rms: cosine ${cos}, so clipping turns the gradient by ${angle.toFixed(1)}°`,
      `阈值为均方根的${tau}倍：余弦${cos}，即裁剪使梯度转过${angle.toFixed(1)}°`)
      + (curve ? this.say(". ", "。") : this.say(`; ${percent}% of its entries are clipped.\n`, `；${percent}%的分量被裁剪。\n`)
        + this.say(`For d → ∞ and then τ → 0 the cosine tends to ${limit}.`, `先令d → ∞再令τ → 0，余弦趋于${limit}。`));
  }
});
