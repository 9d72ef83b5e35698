// Two shears in turn, M = (1 0; b 1)(1 a; 0 1): determinant 1, trace 2 + ab.
xg.catMap ??= (() => {
  const { identity, times } = xg.mat2;
  const pair = (a, b) => [1, a, b, 1 + a * b];

  // M⁰, M¹, … Mⁿ.
  function powers(a, b, n) {
    const all = [identity];
    for (let k = 0; k < n; k++) all.push(times(pair(a, b), all[k]));
    return all;
  }

  // The sum and the difference of the singular values are the two lengths.
  const spectralNorm = ([p, q, r, s]) => (Math.hypot(p + s, q - r) + Math.hypot(p - s, q + r)) / 2;

  // The logarithm of the larger eigenvalue's size; 0 for a pair on the unit circle.
  const rate = (a, b) => Math.acosh(Math.max(1, Math.abs(2 + a * b) / 2));

  function fate(a, b) {
    const product = a * b, edge = Math.min(Math.abs(product), Math.abs(product + 4)) < 1e-9;
    if (edge) return a === 0 && b === 0 ? "still" : "linear";
    return product > 0 || product < -4 ? "exponential" : "bounded";
  }

  return { pair, powers, spectralNorm, rate, fate };
})();

xg.define("xg-cat-map", class extends xg.Figure {
  static shapes = ["square", "wide"];
  static MOST = 20;
  static SIDE = 3; // the plane reaches from −3 to 3

  setup() {
    const { first, second, repeats } = this.options;
    const tenths = (low, high) => xg.list(high - low + 1, (i) => (low + i) / 10);
    this.first = this.slider(this.say("Shear along x, a", "沿x的剪切a"), tenths(0, 20), first);
    this.second = this.slider(this.say("Shear along y, b", "沿y的剪切b"), tenths(-45, 20), second);
    this.repeats = this.slider(this.say("Pairs of shears n", "剪切对数n"),
      xg.list(this.constructor.MOST + 1, (i) => i), repeats);
    this.resetButton();
  }

  // The plane: a grid and the unit disc, carried along, cut at the picture's edge.
  plane(M, panel, before) {
    const { SIDE } = this.constructor, range = [-SIDE, SIDE];
    const axes = xg.axes(panel, { range, label: "x" }, { range, label: "y" });
    const move = (point) => axes.place(xg.mat2.act(M, point));
    const grid = xg.list(2 * SIDE + 1, (i) => i - SIDE)
      .flatMap((k) => [[[k, -SIDE], [k, SIDE]], [[-SIDE, k], [SIDE, k]]])
      .map((ends) => xg.line(ends.map(move))).join("");
    return axes.markup + xg.clip(axes, `${xg.pen("text", 1, "faint")(grid)}
      ${before(xg.line(xg.circle().map(axes.place)))}
      <path d="${xg.line(xg.circle().map(move))}Z" stroke="var(--blue)" stroke-width="2.5" style="fill: var(--blue); fill-opacity: .35"/>`);
  }

  growth(sizes, n, rate, panel, law) {
    const { MOST } = this.constructor, axes = xg.axes(panel, { range: [0, MOST], tick: 5, label: "n" },
      { range: [0, 20], tick: 5, label: this.say("log₁₀ of the largest singular value", "最大奇异值的log₁₀") });
    const place = (value, k) => axes.place([k, Math.log10(value)]);
    return `${axes.markup}${law(xg.line([place(1, 0), place(Math.exp(rate * MOST), MOST)]))}
      ${xg.spots("blue", 6)(sizes.map(place))}${xg.ring(place(sizes[n], n))}`;
  }

  draw(plane, growth) {
    const { powers, spectralNorm, rate } = xg.catMap;
    const a = this.first.chosen, b = this.second.chosen, n = this.repeats.chosen;
    const all = powers(a, b, this.constructor.MOST), sizes = all.map(spectralNorm);
    const before = xg.pen("text", 1.5, "dotted"), law = xg.pen("orange", 2, "dashed");
    const pictures = [this.plane(all[n], plane, before), this.growth(sizes, n, rate(a, b), growth, law)];
    const key = [
      [before, this.say("unit disc before", "变换前的单位圆盘")],
      [xg.pen("blue", 3), this.say("the disc and the grid after n pairs", "n对剪切后的圆盘与网格")],
      [law, this.say("|larger eigenvalue| to the power n", "较大特征值的模的n次幂")]];
    return { pictures, key, inWords: this.inWords(a, b, n, all[n]) };
  }

  inWords(a, b, n, M) {
    const { spectralNorm, rate, fate } = xg.catMap, number = xg.number;
    const size = spectralNorm(M), naive = xg.mat2.determinant(M);
    const says = {
      still: this.say("Nothing moves.", "没有变化。"),
      bounded: this.say("−4 < ab < 0: the disc turns and never grows for good.", "−4 < ab < 0：圆盘转动，不会持续变长。"),
      linear: this.say("ab = 0 or −4: linear growth, no exponent.", "ab = 0或−4：线性增长，指数为零。"),
      exponential: this.say("ab > 0 or ab < −4: exponential growth.", "ab > 0或ab < −4：指数增长。"),
    };
    const law = `log|μ| = ${number(rate(a, b))}`;
    const exponent = n === 0 ? law : `log σ / n = ${number(Math.log(size) / n)}, ${law}`;
    const off = Math.abs(naive - 1) < 1e-3 ? "" : this.say(
      ` (from the rounded product: ${number(naive)})`, `（由舍入后的乘积算得${number(naive)}）`);
    return this.say(`After ${n} pairs: determinant 1${off}, largest singular value ${number(size)}, smallest ${number(1 / size)}.\n`,
      `${n}对剪切之后：行列式1${off}，最大奇异值${number(size)}，最小奇异值${number(1 / size)}。\n`)
      + this.say(`Lyapunov exponent per pair: ${exponent}. ${says[fate(a, b)]}`,
        `每对的李雅普诺夫指数：${exponent}。${says[fate(a, b)]}`);
  }
});
