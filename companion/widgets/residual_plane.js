// A scaled residual layer, (1 − β) x + α f(x), with Gaussian branches of gain 1 and norm K = 2.
xg.residual ??= (() => {
  const K = 2;
  // Decimal logarithms, since the numbers themselves leave the range of a double.
  const logGain = (alpha, beta, depth) => (depth / 2) * Math.log10((1 - beta) ** 2 + alpha ** 2);
  const logWorst = (alpha, beta, depth) => depth * Math.log10(1 - beta + alpha * K);
  const logPath = (beta, depth) => depth * Math.log10(1 - beta);
  const edge = (beta) => beta / K;
  const preserving = (beta) => Math.sqrt(2 * beta - beta ** 2);
  return { K, logGain, logWorst, logPath, edge, preserving };
})();

xg.define("xg-residual-plane", class extends xg.Figure {
  static ALPHAS = 160;
  static BETAS = 80;
  static LEVELS = 12;
  static CUT = 10; // colours and curves end at 10^±10

  setup() {
    const { alpha, beta, depth } = this.options;
    const grid = (count, step) => Array.from({ length: count + 1 }, (_, i) => +(i * step).toFixed(3));
    this.alpha = this.slider(this.say("Branch α", "分支 α"), grid(120, 0.01), alpha);
    this.beta = this.slider(this.say("Taken from the path around β", "从直通路径减去 β"), grid(100, 0.01), beta);
    const depths = [...Array.from({ length: 20 }, (_, i) => i + 1), 24, 28, 32, 40, 50, 64, 80, 100, 128, 160, 200];
    this.depth = this.slider(this.say("Layers L", "层数 L"), depths, depth);
  }

  // Powers of ten that a double cannot hold are still printed.
  power(log) {
    if (log === -Infinity) return "0";
    if (Math.abs(log) < 3) return xg.number(10 ** log);
    const whole = Math.floor(log);
    return `${(10 ** (log - whole)).toFixed(1)}×10${xg.superscript(whole)}`;
  }

  plane(alpha, beta, depth, width, height) {
    const { logGain, edge, preserving } = xg.residual, { ALPHAS, BETAS, LEVELS, CUT } = this.constructor;
    const { X, Y, left, right, top, bottom, markup } = xg.axes(width, height,
      { range: [0, 1.2], tick: 0.4, label: "α" }, { range: [0, 1], tick: 0.5, label: "β" });
    const w = (right - left) / ALPHAS, h = (bottom - top) / BETAS;
    const level = (i, j) => {
      const log = logGain(1.2 * (i + 0.5) / ALPHAS, (j + 0.5) / BETAS, depth);
      return Math.round(LEVELS * Math.max(-1, Math.min(1, log / CUT)));
    };
    // One path for each shade: blue where the gradient vanishes, orange where it explodes.
    const shades = {};
    for (let j = 0; j < BETAS; j++) for (let i = 0, end; i < ALPHAS; i = end) {
      const shade = level(i, j);
      for (end = i + 1; end < ALPHAS && level(end, j) === shade;) end++;
      const place = `M${(left + i * w).toFixed(1)} ${(bottom - (j + 1) * h).toFixed(1)}h${((end - i) * w).toFixed(1)}v${(h + 0.2).toFixed(1)}H${(left + i * w).toFixed(1)}z`;
      if (shade) shades[shade] = (shades[shade] ?? "") + place;
    }
    const tiles = Object.entries(shades).map(([shade, d]) =>
      `<path d="${d}" style="fill: var(--${shade < 0 ? "blue" : "orange"}); fill-opacity: ${(0.65 * Math.abs(shade)) / LEVELS}"/>`);
    const betas = Array.from({ length: 101 }, (_, i) => i / 100);
    const trace = (f) => xg.line(betas.map((b) => [X(f(b)), Y(b)]));
    return `${tiles.join("")}${markup}
      <path d="${trace(edge)}" stroke="currentColor" stroke-width="2" stroke-dasharray="7 5"/>
      <path d="${trace(preserving)}" stroke="currentColor" stroke-width="2"/>
      <circle cx="${X(alpha)}" cy="${Y(beta)}" r="6" fill="Canvas" stroke="currentColor" stroke-width="3"/>`;
  }

  depths(alpha, beta, depth, width, height) {
    const { logGain, logWorst, logPath } = xg.residual, { CUT } = this.constructor, last = Math.max(10, depth);
    const { X, Y, left, right, top, bottom, markup } = xg.axes(width, height,
      { range: [0, last], tick: last / 2, label: this.say("layer", "层") },
      { range: [-CUT, CUT], tick: 5, label: this.say("log₁₀ of the gain", "增益的 log₁₀") });
    // What is cut off anyway may stand anywhere outside of the picture.
    const curve = (f) => xg.line(Array.from({ length: last + 1 }, (_, l) =>
      [X(l), Y(l ? Math.max(-2 * CUT, Math.min(2 * CUT, f(l))) : 0)]));
    const box = `x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"`;
    return `${markup}<svg ${box} viewBox="${left} ${top} ${right - left} ${bottom - top}" style="overflow: hidden">
      <path d="${curve((l) => logWorst(alpha, beta, l))}" stroke="var(--orange)" stroke-width="2.5" stroke-dasharray="7 5"/>
      <path d="${curve((l) => logPath(beta, l))}" stroke="currentColor" stroke-width="2.5" stroke-dasharray="2 4"/>
      <path d="${curve((l) => logGain(alpha, beta, l))}" stroke="var(--blue)" stroke-width="3"/></svg>`;
  }

  draw(width) {
    const [alpha, beta, depth] = [this.alpha, this.beta, this.depth].map((slider) => slider.chosen);
    const narrow = width < 520, half = narrow ? width : (width - 16) / 2, height = 270;
    const shift = narrow ? `0 ${height + 12}` : `${half + 16} 0`;
    const markup = `${this.plane(alpha, beta, depth, half, height)}
      <g transform="translate(${shift})">${this.depths(alpha, beta, depth, half, height)}</g>`;
    const stroke = (style) => (d) => `<path d="${d}" ${style}/>`;
    const key = [
      [stroke('stroke="currentColor" stroke-width="2" stroke-dasharray="7 5"'), this.say("αK = β; left of it a guarantee", "αK = β；左侧有保证")],
      [stroke('stroke="currentColor" stroke-width="2"'), this.say("mean square kept", "均方不变")],
      [stroke('stroke="var(--blue)" stroke-width="3"'), this.say("root-mean-square gain", "均方根增益")],
      [stroke('stroke="var(--orange)" stroke-width="2.5" stroke-dasharray="7 5"'), this.say("worst case", "最坏情形")],
      [stroke('stroke="currentColor" stroke-width="2.5" stroke-dasharray="2 4"'), this.say("path around", "直通路径")]];
    return { height: narrow ? 2 * height + 12 : height, markup, key, inWords: this.inWords(alpha, beta, depth) };
  }

  inWords(alpha, beta, depth) {
    const { K, logGain, logWorst, logPath } = xg.residual;
    const [worst, gain, path] = [logWorst(alpha, beta, depth), logGain(alpha, beta, depth), logPath(beta, depth)].map((x) => this.power(x));
    const sure = alpha * K <= beta + 1e-9
      ? this.say("Every layer is a contraction, guaranteed", "每层都保证是压缩")
      : this.say("No guarantee", "没有保证");
    return this.say(
      `${sure}. After ${depth} layers at most ${worst}, root mean square ${gain}, path around alone ${path}.\nBlue: vanishing; orange: exploding; both cut at 10${xg.superscript(-10)} and 10${xg.superscript(10)}.`,
      `${sure}。${depth} 层之后至多 ${worst}，均方根 ${gain}，仅直通路径 ${path}。\n蓝色：消失；橙色：爆炸；分别截断于 10${xg.superscript(-10)} 与 10${xg.superscript(10)}。`);
  }
});
