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
  static shapes = ["wide", "wide"];
  static high = 300;
  static DEPTH = 40;

  setup() {
    const { angle, small } = this.options;
    this.angle = this.slider(this.say("Turn φ in each layer", "每层的转角φ"), xg.list(91, (i) => i), angle, (v) => `${v}°`);
    this.small = this.slider(this.say("Smaller singular value b", "较小的奇异值b"),
      xg.list(20, (i) => (i + 1) / 20), small);
    this.resetButton();
  }

  rates(angle, b, panel, pens) {
    const { radius, threshold } = xg.rotation;
    const axes = xg.axes(panel, { range: [0, 90], tick: 30, label: this.say("turn φ in degrees", "转角φ（度）") },
      { range: [-1.6, 0.8], tick: 0.4, label: this.say("log growth per layer", "每层的对数增长") });
    const at = (degrees) => axes.place([degrees, Math.log(radius((degrees * Math.PI) / 180, 2, b))]);
    const [x, y] = axes.place([(threshold(2, b) * 180) / Math.PI, 0]);
    return `${axes.markup}${xg.pen("text", 1)(axes.level(0))}${pens.bound(axes.level(Math.log(2)))}
      ${pens.product(xg.line(xg.list(361, (i) => at(i / 4))))}
      ${xg.pen("text", 2)(`M${x} ${y - 7}v14`)}${xg.ring(at(angle))}`;
  }

  vector(angle, b, panel, pens) {
    const { DEPTH } = this.constructor, logs = xg.rotation.journey((angle * Math.PI) / 180, 2, b, DEPTH);
    const axes = xg.axes(panel, { range: [0, DEPTH], tick: 10, label: this.say("layer k", "层k") },
      { range: [-30, 15], tick: 15, label: this.say("log₁₀ of the vector's length", "向量长度的log₁₀") });
    const place = (value, k) => axes.place([k, value / Math.LN10]);
    return `${axes.markup}${pens.bound(xg.line([place(0, 0), place(DEPTH * Math.log(2), DEPTH)]))}
      ${xg.spots("blue", 5)(logs.map(place))}`;
  }

  draw(rates, vector) {
    const angle = this.angle.chosen, b = this.small.chosen;
    const pens = { bound: xg.pen("orange", 2, "dashed"), product: xg.pen("blue", 3) };
    const pictures = [this.rates(angle, b, rates, pens), this.vector(angle, b, vector, pens)];
    const key = [
      [pens.bound, this.say("largest singular value of a layer, a = 2", "一层的最大奇异值a = 2")],
      [pens.product, this.say("what the product does", "乘积的实际增长")]];
    return { pictures, key, inWords: this.inWords(angle, b) };
  }

  inWords(angle, b) {
    const { radius, threshold } = xg.rotation, { number } = xg;
    const rate = Math.log(radius((angle * Math.PI) / 180, 2, b));
    const zero = number((threshold(2, b) * 180) / Math.PI), shown = number(Math.abs(rate) < 1e-12 ? 0 : rate);
    const fate = Math.abs(rate) < 1e-12 ? this.say("Neither growth nor decay.", "既不增长也不衰减。")
      : rate > 0 ? this.say("It explodes.", "爆炸。") : this.say("It vanishes.", "消失。");
    const where = 2 * b < 1 ? this.say(`Growth ends at φ = ${zero}°.`, `增长止于φ = ${zero}°。`)
      : this.say("2b ≥ 1: no turn makes it vanish.", "2b ≥ 1：任何转角都不会使它消失。");
    return this.say(`Singular values 2 and ${number(b)} in every layer; growth rate ${shown} per layer. ${fate}\n${where}`,
      `每层的奇异值都是2与${number(b)}；每层增长率${shown}。${fate}\n${where}`);
  }
});
