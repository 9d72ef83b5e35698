// A scaled residual layer, (1 − β) x + α f(x), with Gaussian branches of gain 1 and norm K = 2.
xg.residual ??= (() => {
  const K = 2;
  // Decimal logarithms, since the numbers themselves leave the range of a double.
  const logGain = (alpha, beta, depth) => (depth / 2) * Math.log10((1 - beta) ** 2 + alpha ** 2);
  const logWorst = (alpha, beta, depth) => depth * Math.log10(1 - beta + alpha * K);
  // How even the singular values of the product are: 1 if all are equal, in the limit of large width.
  const share = (alpha, beta, depth) =>
    1 / (1 + depth * (alpha ? 1 - ((1 - beta) ** 2 / ((1 - beta) ** 2 + alpha ** 2)) ** 2 : 0));
  // The slope α / (1 − β) of the ray on which a share is kept; it exists if enough layers can spoil it.
  const ray = (kept, depth) => Math.sqrt((1 - (1 / kept - 1) / depth) ** -0.5 - 1);
  const edge = (beta) => beta / K;
  const preserving = (beta) => Math.sqrt(2 * beta - beta ** 2);
  return { K, logGain, logWorst, share, ray, edge, preserving };
})();

xg.define("xg-residual-plane", class extends xg.Figure {
  static shapes = ["wide", "wide"];
  static high = 300;
  static ALPHAS = 160;
  static BETAS = 80;
  static LEVELS = 12;
  static CUT = 10; // colours end at 10^±10
  static KEPT = [0.9, 0.5, 0.1]; // on the rays

  setup() {
    const { alpha, beta, depth } = this.options;
    const hundredths = (count) => xg.list(count + 1, (i) => i / 100);
    this.alpha = this.slider(this.say("Branch α", "残差分支α"), hundredths(120), alpha);
    this.beta = this.slider(this.say("Taken from the path around β", "从直通路径减去β"), hundredths(100), beta);
    const depths = [...xg.list(20, (i) => i + 1), 24, 28, 32, 40, 50, 64, 80, 100, 128, 160, 200];
    this.depth = this.slider(this.say("Layers L", "层数L"), depths, depth);
  }

  // Powers of ten that a double cannot hold are still printed.
  power(log) {
    if (log === -Infinity) return "0";
    if (Math.abs(log) < 3) return xg.number(10 ** log);
    const whole = Math.floor(log);
    return `${(10 ** (log - whole)).toFixed(1)}×10${xg.superscript(whole)}`;
  }

  // One path for each shade: blue where the gradient vanishes, orange where it explodes.
  tiles({ left, right, top, bottom }, depth) {
    const { ALPHAS, BETAS, LEVELS, CUT } = this.constructor, shades = {};
    const w = (right - left) / ALPHAS, h = (bottom - top) / BETAS;
    const level = (i, j) => {
      const log = xg.residual.logGain((1.2 * (i + 0.5)) / ALPHAS, (j + 0.5) / BETAS, depth);
      return Math.round(LEVELS * Math.max(-1, Math.min(1, log / CUT)));
    };
    for (let j = 0; j < BETAS; j++) for (let i = 0, end; i < ALPHAS; i = end) {
      const shade = level(i, j);
      for (end = i + 1; end < ALPHAS && level(end, j) === shade;) end++;
      const [x, y, wide] = [left + i * w, bottom - (j + 1) * h, (end - i) * w].map((v) => v.toFixed(1));
      if (shade) shades[shade] = `${shades[shade] ?? ""}M${x} ${y}h${wide}v${(h + 0.2).toFixed(1)}H${x}z`;
    }
    return Object.entries(shades).map(([shade, d]) =>
      `<path d="${d}" style="fill: var(--${shade < 0 ? "blue" : "orange"}); fill-opacity: ${(0.65 * Math.abs(shade)) / LEVELS}"/>`).join("");
  }

  mark([x, y]) {
    return `<circle cx="${x}" cy="${y}" r="6" fill="Canvas" stroke="currentColor" stroke-width="3"/>`;
  }

  plane(alpha, beta, depth, panel, pens) {
    const { edge, preserving, ray } = xg.residual;
    const axes = xg.axes(panel, { range: [0, 1.2], tick: 0.4, label: "α" }, { range: [0, 1], tick: 0.5, label: "β" });
    const trace = (f) => xg.line(xg.list(101, (i) => axes.place([f(i / 100), i / 100])));
    const rays = this.constructor.KEPT.map((kept) => ray(kept, depth)).filter(Number.isFinite)
      .map((slope) => pens.ray(xg.line([[0, 1], slope < 1.2 ? [slope, 0] : [1.2, 1 - 1.2 / slope]].map(axes.place))));
    return `${this.tiles(axes, depth)}${axes.markup}${rays.join("")}${pens.edge(trace(edge))}${pens.kept(trace(preserving))}
      ${this.mark(axes.place([alpha, beta]))}`;
  }

  depths(alpha, beta, depth, panel, pens) {
    const { share } = xg.residual, last = Math.max(10, depth);
    const axes = xg.axes(panel, { range: [0, last], tick: last / 2, label: this.say("layer", "层") },
      { range: [0, 1], tick: 0.5, label: this.say("share of directions kept", "保留的方向所占比例") });
    const curve = xg.line(xg.list(last + 1, (l) => axes.place([l, share(alpha, beta, l)])));
    return `${axes.markup}${pens.share(curve)}${this.mark(axes.place([depth, share(alpha, beta, depth)]))}`;
  }

  draw(plane, depths) {
    const state = [this.alpha, this.beta, this.depth].map((slider) => slider.chosen);
    const pens = { edge: xg.pen("text", 2, "dashed"), kept: xg.pen("text", 2), ray: xg.pen("text", 1.5, "dotted"),
      share: xg.pen("blue", 3) };
    const pictures = [this.plane(...state, plane, pens), this.depths(...state, depths, pens)];
    const key = [
      [pens.edge, this.say("αK = β; left of it a guarantee", "αK = β；左侧有保证")],
      [pens.kept, this.say("size one", "大小为一")],
      [pens.ray, this.say("a tenth, half, nine tenths kept", "保留十分之一、一半、十分之九")],
      [pens.share, this.say("share kept", "保留的比例")]];
    return { pictures, key, inWords: this.inWords(...state) };
  }

  inWords(alpha, beta, depth) {
    const { K, logGain, logWorst, share } = xg.residual;
    const [worst, gain] = [logWorst(alpha, beta, depth), logGain(alpha, beta, depth)].map((x) => this.power(x));
    const kept = xg.number(share(alpha, beta, depth));
    const sure = alpha * K <= beta + 1e-9
      ? this.say("Every layer is a contraction, guaranteed", "每层都保证是压缩")
      : this.say("No guarantee", "没有保证");
    return this.say(
      `${sure}. After ${depth} layers the size is ${gain}, at most ${worst}, and the share of the directions kept is ${kept}.\nBlue: vanishing; orange: exploding; both cut at 10${xg.superscript(-10)} and 10${xg.superscript(10)}.`,
      `${sure}。${depth}层之后大小为${gain}，至多${worst}；保留的方向所占比例为${kept}。\n蓝色：消失；橙色：爆炸；分别截断于10${xg.superscript(-10)}与10${xg.superscript(10)}。`);
  }
});
