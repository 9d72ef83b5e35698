// Two shears in turn, M = (1 0; b 1)(1 a; 0 1): determinant 1, trace 2 + ab.
xg.catMap ??= (() => {
  const pair = (a, b) => [1, a, b, 1 + a * b];
  const times = ([p, q, r, s], [t, u, v, w]) =>
    [p * t + q * v, p * u + q * w, r * t + s * v, r * u + s * w];

  // M⁰, M¹, … Mⁿ.
  function powers(a, b, n) {
    const all = [[1, 0, 0, 1]];
    for (let k = 0; k < n; k++) all.push(times(pair(a, b), all[k]));
    return all;
  }

  // The sum and the difference of the singular values are the two lengths.
  const spectralNorm = ([p, q, r, s]) => (Math.hypot(p + s, q - r) + Math.hypot(p - s, q + r)) / 2;
  const determinant = ([p, q, r, s]) => p * s - q * r;

  // The logarithm of the larger eigenvalue's size; 0 for a pair on the unit circle.
  const rate = (a, b) => Math.acosh(Math.max(1, Math.abs(2 + a * b) / 2));

  function fate(a, b) {
    const product = a * b, edge = Math.min(Math.abs(product), Math.abs(product + 4)) < 1e-9;
    if (edge) return a === 0 && b === 0 ? "still" : "linear";
    return product > 0 || product < -4 ? "exponential" : "bounded";
  }

  return { pair, powers, spectralNorm, determinant, rate, fate };
})();

xg.define("xg-cat-map", class extends xg.Figure {
  static MOST = 20;
  static SIDE = 3; // the window reaches from −3 to 3

  setup() {
    const { first, second, repeats } = this.options;
    const tenths = (low, high) => Array.from({ length: high - low + 1 }, (_, i) => (low + i) / 10);
    this.first = this.slider(this.say("Shear along x, a", "沿 x 的剪切 a"), tenths(0, 20), first);
    this.second = this.slider(this.say("Shear along y, b", "沿 y 的剪切 b"), tenths(-30, 20), second);
    this.repeats = this.slider(this.say("Pairs of shears n", "剪切对数 n"),
      Array.from({ length: this.constructor.MOST + 1 }, (_, i) => i), repeats);
    this.button(this.say("Reset", "重置"), () => {
      for (const slider of [this.first, this.second, this.repeats]) slider.reset();
    });
  }

  // The plane: a grid and the unit disc, carried along, cut at the window's edge.
  plane(M, size) {
    const [p, q, r, s] = M, { SIDE } = this.constructor;
    const window = { range: [-SIDE, SIDE] };
    const { X, Y, left, right, top, bottom, markup } =
      xg.axes(size, size + 26, { ...window, label: "x" }, { ...window, label: "y" });
    const move = ([x, y]) => [X(p * x + q * y), Y(r * x + s * y)];
    const ticks = Array.from({ length: 2 * SIDE + 1 }, (_, i) => i - SIDE);
    const grid = ticks.flatMap((k) => [[[k, -SIDE], [k, SIDE]], [[-SIDE, k], [SIDE, k]]])
      .map((ends) => xg.line(ends.map(move))).join("");
    const circle = Array.from({ length: 181 }, (_, i) => (i * Math.PI) / 90).map((t) => [Math.cos(t), Math.sin(t)]);
    const box = `x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"`;
    return `${markup}<svg ${box} viewBox="${left} ${top} ${right - left} ${bottom - top}" style="overflow: hidden">
      <path d="${grid}" stroke="currentColor" opacity=".45"/>
      <path d="${xg.line(circle.map((c) => [X(c[0]), Y(c[1])]))}" stroke="currentColor" stroke-dasharray="2 4"/>
      <path d="${xg.line(circle.map(move))}Z" stroke="var(--blue)" stroke-width="2.5" style="fill: var(--blue); fill-opacity: .35"/>
      </svg>`;
  }

  growth(sizes, n, rate, width, height) {
    const axes = xg.axes(width, height, { range: [0, this.constructor.MOST], tick: 5, label: "n" },
      { range: [0, 16], tick: 4, label: this.say("log₁₀ of the largest singular value", "最大奇异值的 log₁₀") });
    const place = (value, k) => [axes.X(k), axes.Y(Math.log10(value))];
    const [x, y] = place(sizes[n], n), end = this.constructor.MOST;
    return `${axes.markup}
      <path d="${xg.line([place(1, 0), place(Math.exp(rate * end), end)])}" stroke="var(--orange)" stroke-width="2" stroke-dasharray="7 5"/>
      <path d="${xg.dots(sizes.map(place))}" stroke="var(--blue)" stroke-width="6" stroke-linecap="round"/>
      <circle cx="${x}" cy="${y}" r="7" fill="none" stroke="currentColor" stroke-width="2"/>`;
  }

  draw(width) {
    const { powers, spectralNorm, rate } = xg.catMap;
    const a = this.first.chosen, b = this.second.chosen, n = this.repeats.chosen;
    const all = powers(a, b, this.constructor.MOST), sizes = all.map(spectralNorm);
    const narrow = width < 520, size = narrow ? Math.min(width, 340) : Math.min(0.46 * width, 340);
    const rest = narrow ? width : width - size - 12, high = narrow ? 240 : size + 26;
    const shift = narrow ? `0 ${size + 34}` : `${size + 12} 0`;
    const markup = `${this.plane(all[n], size)}
      <g transform="translate(${shift})">${this.growth(sizes, n, rate(a, b), rest, high)}</g>`;
    const key = [
      [(d) => `<path d="${d}" stroke="currentColor" stroke-dasharray="2 4"/>`, this.say("unit disc before", "变换前的单位圆盘")],
      [(d) => `<path d="${d}" stroke="var(--blue)" stroke-width="3"/>`, this.say("the disc and the grid after n pairs", "n 对剪切后的圆盘与网格")],
      [(d) => `<path d="${d}" stroke="var(--orange)" stroke-width="2" stroke-dasharray="7 5"/>`,
        this.say("|larger eigenvalue| to the power n", "较大特征值的模的 n 次幂")]];
    return { height: narrow ? size + 274 : high, markup, key, inWords: this.inWords(a, b, n, all[n]) };
  }

  inWords(a, b, n, M) {
    const { spectralNorm, determinant, rate, fate } = xg.catMap, number = xg.number;
    const size = spectralNorm(M), naive = determinant(M);
    const says = {
      still: this.say("Nothing moves.", "什么都不动。"),
      bounded: this.say("−4 < ab < 0: the disc turns and never grows for good.", "−4 < ab < 0：圆盘转动，不会持续变长。"),
      linear: this.say("ab = 0 or −4: linear growth, no exponent.", "ab = 0 或 −4：线性增长，指数为零。"),
      exponential: this.say("ab > 0 or ab < −4: exponential growth.", "ab > 0 或 ab < −4：指数增长。"),
    };
    const law = `log|μ| = ${number(rate(a, b))}`;
    const exponent = n === 0 ? law : `log σ / n = ${number(Math.log(size) / n)}, ${law}`;
    const off = Math.abs(naive - 1) < 1e-3 ? "" : this.say(
      ` (from the rounded product: ${number(naive)})`, `（由舍入后的乘积算得 ${number(naive)}）`);
    return this.say(`After ${n} pairs: determinant 1${off}, largest singular value ${number(size)}, smallest ${number(1 / size)}.\n`,
      `${n} 对剪切之后：行列式 1${off}，最大奇异值 ${number(size)}，最小奇异值 ${number(1 / size)}。\n`)
      + this.say(`Lyapunov exponent per pair: ${exponent}. ${says[fate(a, b)]}`,
        `每对的李雅普诺夫指数：${exponent}。${says[fate(a, b)]}`);
  }
});
