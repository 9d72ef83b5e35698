// One layer J = R(φ) diag(a, b), over and over: a turn after a stretch.
xg.rotation ??= (() => {
  // The eigenvalues solve z² − (a + b) cos φ z + ab = 0; the larger modulus.
  function radius(angle, a, b) {
    const half = ((a + b) * Math.cos(angle)) / 2, under = half * half - a * b;
    return under > 0 ? Math.abs(half) + Math.sqrt(under) : Math.sqrt(a * b);
  }

  // Where growth ends: an eigenvalue is 1 if 1 − (a + b) cos φ + ab = 0.
  const threshold = (a, b) => Math.acos(Math.min(1, (1 + a * b) / (a + b)));

  // log ‖Jᵏ v‖ for k = 0, …, n, with the vector kept at length 1.
  function journey(angle, a, b, n, [x, y] = [1, 0]) {
    const c = Math.cos(angle), s = Math.sin(angle), logs = [Math.log(Math.hypot(x, y))];
    for (let k = 0; k < n; k++) {
      const size = Math.hypot(x, y), p = (a * x) / size, q = (b * y) / size;
      [x, y] = [c * p - s * q, s * p + c * q];
      logs.push(logs[k] + Math.log(Math.hypot(x, y)));
    }
    return logs;
  }

  return { radius, threshold, journey };
})();

xg.define("xg-rotation", class extends xg.Figure {
  static DEPTH = 40;

  setup() {
    const { angle, small } = this.options;
    this.angle = this.slider(this.say("Turn φ in each layer", "每层的转角 φ"),
      Array.from({ length: 91 }, (_, i) => i), angle, (v) => `${v}°`);
    this.small = this.slider(this.say("Smaller singular value b", "较小的奇异值 b"),
      Array.from({ length: 20 }, (_, i) => (i + 1) / 20), small);
    this.button(this.say("Reset", "重置"), () => {
      for (const slider of [this.angle, this.small]) slider.reset();
    });
  }

  rates(angle, b, width, height) {
    const { radius, threshold } = xg.rotation;
    const axes = xg.axes(width, height, { range: [0, 90], tick: 30, label: this.say("turn φ in degrees", "转角 φ（度）") },
      { range: [-1.6, 0.8], tick: 0.4, label: this.say("log growth per layer", "每层的对数增长") });
    const at = (degrees) => [axes.X(degrees), axes.Y(Math.log(radius((degrees * Math.PI) / 180, 2, b)))];
    const curve = Array.from({ length: 361 }, (_, i) => at(i / 4));
    const [x, y] = at(angle), zero = (threshold(2, b) * 180) / Math.PI;
    const ends = [axes.left, axes.right], level = axes.Y(Math.log(2));
    return `${axes.markup}
      <path d="M${ends[0]} ${axes.Y(0)}H${ends[1]}" stroke="currentColor"/>
      <path d="M${ends[0]} ${level}H${ends[1]}" stroke="var(--orange)" stroke-width="2" stroke-dasharray="7 5"/>
      <path d="${xg.line(curve)}" stroke="var(--blue)" stroke-width="3"/>
      <path d="M${axes.X(zero)} ${axes.Y(0) - 7}v14" stroke="currentColor" stroke-width="2"/>
      <circle cx="${x}" cy="${y}" r="7" fill="none" stroke="currentColor" stroke-width="2"/>`;
  }

  vector(angle, b, width, height) {
    const { DEPTH } = this.constructor, logs = xg.rotation.journey((angle * Math.PI) / 180, 2, b, DEPTH);
    const axes = xg.axes(width, height, { range: [0, DEPTH], tick: 10, label: this.say("layer k", "层 k") },
      { range: [-30, 15], tick: 15, label: this.say("log₁₀ of the vector's length", "向量长度的 log₁₀") });
    const place = (value, k) => [axes.X(k), axes.Y(value / Math.LN10)];
    const bound = [place(0, 0), place(DEPTH * Math.log(2), DEPTH)];
    return `${axes.markup}
      <path d="${xg.line(bound)}" stroke="var(--orange)" stroke-width="2" stroke-dasharray="7 5"/>
      <path d="${xg.dots(logs.map(place))}" stroke="var(--blue)" stroke-width="5" stroke-linecap="round"/>`;
  }

  draw(width) {
    const angle = this.angle.chosen, b = this.small.chosen, narrow = width < 520;
    const part = narrow ? width : (width - 16) / 2, height = narrow ? 250 : 290;
    const shift = narrow ? `0 ${height + 8}` : `${part + 16} 0`;
    const markup = `${this.rates(angle, b, part, height)}
      <g transform="translate(${shift})">${this.vector(angle, b, part, height)}</g>`;
    const key = [
      [(d) => `<path d="${d}" stroke="var(--orange)" stroke-width="2" stroke-dasharray="7 5"/>`,
        this.say("largest singular value of a layer, a = 2", "一层的最大奇异值 a = 2")],
      [(d) => `<path d="${d}" stroke="var(--blue)" stroke-width="3"/>`, this.say("what the product does", "乘积的实际增长")]];
    return { height: narrow ? 2 * height + 8 : height, markup, key, inWords: this.inWords(angle, b) };
  }

  inWords(angle, b) {
    const { radius, threshold } = xg.rotation, { number } = xg;
    const rate = Math.log(radius((angle * Math.PI) / 180, 2, b));
    const zero = number((threshold(2, b) * 180) / Math.PI), shown = number(Math.abs(rate) < 1e-12 ? 0 : rate);
    const fate = Math.abs(rate) < 1e-12 ? this.say("Neither growth nor decay.", "既不增长也不衰减。")
      : rate > 0 ? this.say("It explodes.", "爆炸。") : this.say("It vanishes.", "消失。");
    const where = 2 * b < 1 ? this.say(`Growth ends at φ = ${zero}°.`, `增长止于 φ = ${zero}°。`)
      : this.say("2b ≥ 1: no turn makes it vanish.", "2b ≥ 1：任何转角都不会使它消失。");
    return this.say(`Singular values 2 and ${number(b)} in every layer; growth rate ${shown} per layer. ${fate}\n${where}`,
      `每层的奇异值都是 2 与 ${number(b)}；每层增长率 ${shown}。${fate}\n${where}`);
  }
});
