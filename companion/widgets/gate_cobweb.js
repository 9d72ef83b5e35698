// One gated unit without input: h' = z h + (1 − z) tanh(w h), z = 1 / (1 + e^(−u h − b)).
xg.gateCobweb ??= (() => {
  const terms = (h, [w, u, b]) => {
    const z = 1 / (1 + Math.exp(-u * h - b)), c = Math.tanh(w * h);
    const held = z + (1 - z) * (1 - c * c) * w;
    return { next: z * h + (1 - z) * c, held, full: held + (h - c) * z * (1 - z) * u };
  };

  function orbit(h, unit, steps) {
    const states = [h];
    for (let t = 0; t < steps; t++) states.push((h = terms(h, unit).next));
    return states;
  }

  // Means of log |h'(h)|, with the gate held and in full, after 500 steps to settle in.
  function exponents(h, unit, steps) {
    let held = 0, full = 0;
    for (let t = -500; t < steps; t++) {
      const now = terms(h, unit);
      if (t >= 0) held += Math.log(Math.abs(now.held) + 1e-300);
      if (t >= 0) full += Math.log(Math.abs(now.full) + 1e-300);
      h = now.next;
    }
    return { held: held / steps, full: full / steps };
  }

  return { terms, orbit, exponents };
})();

xg.define("xg-gate-cobweb", class extends xg.Figure {
  static STEPS = 100;
  static START = 0.1;

  setup() {
    const { w, u, b } = this.options;
    const range = (low, count, step) => Array.from({ length: count }, (_, i) => +(low + i * step).toFixed(1));
    this.w = this.slider(this.say("Recurrent weight w", "循环权重 w"), range(-5, 101, 0.1), w);
    this.u = this.slider(this.say("Steepness of the gate u", "门的陡度 u"), range(0, 81, 0.5), u);
    this.b = this.slider(this.say("Bias of the gate b", "门的偏置 b"), range(-8, 81, 0.2), b);
    this.button(this.say("Reset", "重置"), () => {
      for (const slider of [this.w, this.u, this.b]) slider.reset();
    });
  }

  cobweb(unit, states, size) {
    const { terms } = xg.gateCobweb;
    const reach = Math.max(0.2, ...states.map(Math.abs)) * 1.25, side = [0.5, 1, 1.5].find((s) => s >= reach) ?? 2;
    const window = { range: [-side, side], tick: side / 2 };
    const { X, Y, left, right, top, bottom, markup } =
      xg.axes(size, size + 14, { ...window, label: "h(t)" }, { ...window, label: "h(t+1)" });
    const grid = Array.from({ length: 401 }, (_, i) => side * (i / 200 - 1));
    const curve = (f) => xg.line(grid.map((h) => [X(h), Y(f(h))]));
    const web = states.slice(0, -1).flatMap((h, t) => [[X(h), Y(h)], [X(h), Y(states[t + 1])]]);
    const box = `x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"`;
    return `${markup}<svg ${box} viewBox="${left} ${top} ${right - left} ${bottom - top}" style="overflow: hidden">
      <path d="M${X(-side)} ${Y(-side)}L${X(side)} ${Y(side)}" stroke="currentColor" opacity=".5"/>
      <path d="${xg.line(web)}" stroke="currentColor" stroke-width=".7" opacity=".6"/>
      <path d="${curve((h) => Math.tanh(unit[0] * h))}" stroke="var(--orange)" stroke-width="2" stroke-dasharray="7 5"/>
      <path d="${curve((h) => terms(h, unit).next)}" stroke="var(--blue)" stroke-width="3"/></svg>`;
  }

  distance(one, two, width, height) {
    const { X, Y, markup } = xg.axes(width, height,
      { range: [0, this.constructor.STEPS], tick: 25, label: this.say("step t", "步数 t") },
      { range: [-16, 0], tick: 4, label: this.say("log₁₀ of the distance", "距离的 log₁₀") });
    // Distances below 10⁻¹⁶ are rounding: the picture ends there.
    const points = one.map((h, t) => [X(t), Y(Math.max(-16, Math.log10(Math.abs(h - two[t]) + 1e-30)))]);
    return `${markup}<path d="${xg.line(points)}" stroke="var(--blue)" stroke-width="2"/>`;
  }

  draw(width) {
    const { orbit, exponents } = xg.gateCobweb, { STEPS, START } = this.constructor;
    const unit = [this.w, this.u, this.b].map((slider) => slider.chosen);
    const [one, two] = [START, START + 1e-12].map((h) => orbit(h, unit, STEPS));
    const narrow = width < 520, size = narrow ? Math.min(width, 330) : Math.min(0.48 * width, 330);
    const rest = narrow ? width : width - size - 12, high = narrow ? 240 : size + 14;
    const shift = narrow ? `0 ${size + 26}` : `${size + 12} 0`;
    const markup = `${this.cobweb(unit, one, size)}
      <g transform="translate(${shift})">${this.distance(one, two, rest, high)}</g>`;
    const key = [
      [(d) => `<path d="${d}" stroke="var(--blue)" stroke-width="3"/>`, this.say("gated map; distance of two orbits", "带门的映射；两条轨道的距离")],
      [(d) => `<path d="${d}" stroke="var(--orange)" stroke-width="2" stroke-dasharray="7 5"/>`, this.say("tanh(wh), without the gate", "无门的 tanh(wh)")],
      [(d) => `<path d="${d}" stroke="currentColor" opacity=".6"/>`, this.say("the orbit, step by step", "逐步的轨道")]];
    return { height: narrow ? size + 266 : high, markup, key, inWords: this.inWords(exponents(START, unit, 5000)) };
  }

  inWords({ held, full }) {
    const number = (x) => x.toFixed(2).replace("-", "−");
    const verdict = full > 0.02 ? this.say("The gradient explodes.", "梯度爆炸。")
      : full < -0.02 ? this.say("The gradient dies out.", "梯度消失。")
        : this.say("The gradient neither grows nor dies out quickly.", "梯度既不快速增长也不快速消失。");
    return this.say(`Growth exponent per step: ${number(full)}; with the gate held, along the same orbit: ${number(held)}.\n`,
      `每步的增长指数：${number(full)}；沿同一轨道固定门时：${number(held)}。\n`) + verdict;
  }
});
