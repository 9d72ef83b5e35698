// One gated unit without input: h' = z h + (1 − z) tanh(w h), z = 1 / (1 + e^(−u h − b)).
xg.gateCobweb ??= (() => {
  const terms = (h, [w, u, b]) => {
    const z = 1 / (1 + Math.exp(-u * h - b)), c = Math.tanh(w * h);
    const held = z + (1 - z) * (1 - c * c) * w;
    return { next: z * h + (1 - z) * c, held, full: held + (h - c) * z * (1 - z) * u };
  };

  function orbit(h, unit, steps) {
    const states = [h];
    for (let t = 0; t < steps; t++) states.push(terms(states[t], unit).next);
    return states;
  }

  // log10 of |dh(t)/dh(0)| along the orbit, with the gate held and in full.
  function gradients(h, unit, steps) {
    const sizes = { held: [0], full: [0] };
    for (let t = 0; t < steps; t++) {
      const now = terms(h, unit);
      for (const name of ["held", "full"])
        sizes[name].push(sizes[name][t] + Math.log10(Math.abs(now[name]) + 1e-300));
      h = now.next;
    }
    return sizes;
  }

  // Means of log |h'(h)|, with the gate held and in full, after 500 steps to settle in.
  function exponents(h, unit, steps) {
    const { held, full } = gradients(orbit(h, unit, 500)[500], unit, steps);
    const mean = (sizes) => (Math.LN10 * sizes[steps]) / steps;
    return { held: mean(held), full: mean(full) };
  }

  return { terms, orbit, exponents, gradients };
})();

xg.define("xg-gate-cobweb", class extends xg.Figure {
  static shapes = ["square", "wide"];
  static STEPS = 100;
  static START = 0.1;

  setup() {
    const { w, u, b } = this.options;
    const range = (low, count, step) => xg.list(count, (i) => +(low + i * step).toFixed(1));
    this.w = this.slider(this.say("Recurrent weight w", "循环权重w"), range(-5, 101, 0.1), w);
    this.u = this.slider(this.say("Steepness of the gate u", "门的陡度u"), range(0, 81, 0.5), u);
    this.b = this.slider(this.say("Bias of the gate b", "门的偏置b"), range(-8, 81, 0.2), b);
    this.resetButton();
  }

  cobweb(unit, states, panel, pens) {
    const reach = Math.max(0.2, ...states.map(Math.abs)) * 1.25, side = [0.5, 1, 1.5].find((s) => s >= reach) ?? 2;
    const range = [-side, side], tick = side / 2;
    const axes = xg.axes(panel, { range, tick, label: "h(t)" }, { range, tick, label: "h(t+1)" });
    const curve = (f) => xg.line(xg.list(401, (i) => side * (i / 200 - 1)).map((h) => axes.place([h, f(h)])));
    const web = states.slice(0, -1).flatMap((h, t) => [[h, h], [h, states[t + 1]]]);
    return axes.markup + xg.clip(axes, `${xg.pen("text", 1, "faint")(curve((h) => h))}${pens.web(xg.line(web.map(axes.place)))}
      ${pens.bare(curve((h) => Math.tanh(unit[0] * h)))}${pens.gated(curve((h) => xg.gateCobweb.terms(h, unit).next))}`);
  }

  gradients(unit, panel, pens) {
    const { STEPS, START } = this.constructor, { held, full } = xg.gateCobweb.gradients(START, unit, STEPS);
    const axes = xg.axes(panel, { range: [0, STEPS], tick: 25, label: this.say("step t", "步数t") },
      { range: [-20, 40], tick: 10, label: "log₁₀ |∂h(t)/∂h(0)|" });
    const curve = (sizes) => xg.line(sizes.map((size, t) => axes.place([t, Math.max(-60, size)])));
    return axes.markup + xg.clip(axes, pens.taped(curve(held)) + pens.gated(curve(full)));
  }

  draw(cobweb, gradient) {
    const { orbit, exponents } = xg.gateCobweb, { STEPS, START } = this.constructor;
    const unit = [this.w, this.u, this.b].map((slider) => slider.chosen);
    const states = orbit(START, unit, STEPS);
    const pens = { gated: xg.pen("blue", 3), bare: xg.pen("text", 2, "dotted"), web: xg.pen("text", 1, "faint"),
      taped: xg.pen("orange", 2, "dashed") };
    const pictures = [this.cobweb(unit, states, cobweb, pens), this.gradients(unit, gradient, pens)];
    const key = [
      [pens.gated, this.say("left: the gated map; right: its gradient", "左：门控映射；右：其梯度")],
      [pens.taped, this.say("the gradient with the gate from a tape", "门取自录音带时的梯度")],
      [pens.bare, this.say("tanh(wh), without the gate", "无门时的tanh(wh)")],
      [pens.web, this.say("the orbit, step by step", "逐步的轨道")]];
    return { pictures, key, inWords: this.inWords(exponents(START, unit, 5000)) };
  }

  inWords({ held, full }) {
    const number = (x) => x.toFixed(2).replace("-", "−");
    const verdict = full > 0.02 ? this.say("The gradient explodes.", "梯度爆炸。")
      : full < -0.02 ? this.say("The gradient dies out.", "梯度消失。")
        : this.say("The gradient neither grows nor dies out quickly.", "梯度既不快速增长也不快速消失。");
    return this.say(`Growth exponent per step: ${number(full)}; with the gate from a tape, along the same orbit: ${number(held)}.\n`,
      `每步的增长指数：${number(full)}；沿同一轨道、门取自录音带时：${number(held)}。\n`) + verdict;
  }
});
