// The loop u = −g K x closed around an unstable system; prices of states and controls.
xg.feedback ??= (() => {
  const A = [1.1, 0.2, 0, 1.05], B = [0, 1], R = 0.5, start = [1, -0.5]; // Q is the identity
  const times = ([p, q, r, s], [t, u, v, w]) =>
    [p * t + q * v, p * u + q * w, r * t + s * v, r * u + s * w];
  const act = ([p, q, r, s], [x, y]) => [p * x + q * y, r * x + s * y];
  const turn = ([p, q, r, s]) => [p, r, q, s];

  // The Riccati recursion until it stands still; B picks the second row.
  const gain = (() => {
    let P = [1, 0, 0, 1], K;
    for (let i = 0; i < 200; i++) {
      const PA = times(P, A);
      K = [PA[2] / (R + P[3]), PA[3] / (R + P[3])];
      const M = loop(1, K), next = times(turn(A), times(P, M));
      P = [1 + next[0], next[1], next[2], 1 + next[3]];
    }
    return K;
  })();

  function loop(share, K = gain) {
    return A.map((a, i) => (i < 2 ? a : a - share * K[i - 2]));
  }

  // Two eigenvalues as [real, imaginary].
  function eigenvalues([p, q, r, s]) {
    const half = (p + s) / 2, d = half * half - (p * s - q * r), root = Math.sqrt(Math.abs(d));
    return d < 0 ? [[half, root], [half, -root]] : [[half + root, 0], [half - root, 0]];
  }
  const radius = (M) => Math.max(...eigenvalues(M).map((z) => Math.hypot(...z)));

  // States forwards, costates backwards, the cost and its slope by a push at time 0.
  function sweep(share, steps) {
    const M = loop(share), K = gain.map((k) => share * k), states = [start];
    for (let t = 0; t < steps; t++) states.push(act(M, states[t]));
    const control = (x) => -(K[0] * x[0] + K[1] * x[1]);
    const prices = Array(steps + 1);
    prices[steps] = states[steps];
    let cost = (states[steps][0] ** 2 + states[steps][1] ** 2) / 2;
    for (let t = steps - 1; t >= 0; t--) {
      const x = states[t], u = control(x), back = act(turn(M), prices[t + 1]);
      prices[t] = x.map((value, i) => value - R * K[i] * u + back[i]);
      cost += (x[0] ** 2 + x[1] ** 2 + R * u * u) / 2;
    }
    const slope = R * control(start) + B[1] * prices[1][1];
    return { norms: prices.map((p) => Math.hypot(...p)), slope, cost };
  }

  return { gain, loop, eigenvalues, radius, sweep };
})();

xg.define("xg-feedback", class extends xg.Figure {
  setup() {
    const { share, steps } = this.options;
    this.share = this.slider(this.say("Share g of the Riccati gain", "里卡蒂增益的份额 g"),
      Array.from({ length: 31 }, (_, i) => i / 20), share, (g) => g.toFixed(2));
    this.steps = this.slider(this.say("Horizon T", "时域 T"),
      Array.from({ length: 20 }, (_, i) => 5 * (i + 1)), steps);
    this.button(this.say("Reset", "重置"), () => {
      for (const slider of [this.share, this.steps]) slider.reset();
    });
  }

  time(norms, free, width, height) {
    const steps = norms.length - 1;
    const axes = xg.axes(width, height, { range: [0, 100], tick: 25, label: "t" },
      { range: [-8, 12], tick: 4, label: this.say("log₁₀ of the costate's norm", "协态范数的 log₁₀") });
    // A rounding error is no costate: the picture ends at 10⁻⁸.
    const place = (value, t) => [axes.X(t), axes.Y(Math.max(Math.log10(value), -8))];
    return `${axes.markup}
      <path d="${xg.line(free.map(place))}" stroke="var(--orange)" stroke-width="2" stroke-dasharray="7 5"/>
      <path d="${xg.line(norms.map(place))}" stroke="var(--blue)" stroke-width="3"/>
      <path d="M${axes.X(steps)} ${axes.top}V${axes.bottom}" stroke="currentColor" stroke-dasharray="2 4"/>`;
  }

  disc(share, size) {
    const { eigenvalues, loop } = xg.feedback, side = { range: [-1.2, 1.2], tick: 0.6 };
    const axes = xg.axes(size, size + 14, { ...side, label: this.say("real part", "实部") },
      { ...side, label: this.say("imaginary part", "虚部") });
    const point = ([re, im]) => [axes.X(re), axes.Y(im)];
    const circle = Array.from({ length: 181 }, (_, i) => (i * Math.PI) / 90).map((t) => point([Math.cos(t), Math.sin(t)]));
    const path = Array.from({ length: 601 }, (_, i) => i / 400).flatMap((g) => eigenvalues(loop(g)).map(point));
    const now = eigenvalues(loop(share)).map(point);
    return `${axes.markup}
      <path d="${xg.line(circle)}" stroke="currentColor" stroke-width="1.5"/>
      <path d="${xg.dots(path)}" stroke="currentColor" stroke-width="2" stroke-linecap="round" opacity=".35"/>
      ${now.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="6" fill="var(--blue)" stroke="currentColor" stroke-width="1.5"/>`).join("")}`;
  }

  draw(width) {
    const { loop, radius, sweep } = xg.feedback;
    const share = this.share.chosen, steps = this.steps.chosen;
    const now = sweep(share, steps), free = sweep(0, steps);
    const narrow = width < 520, size = narrow ? Math.min(width, 320) : Math.min(0.42 * width, 300);
    const rest = narrow ? width : width - size - 12, high = narrow ? 240 : size + 14;
    const shift = narrow ? "0 252" : `${rest + 12} 0`;
    const markup = `${this.time(now.norms, free.norms, rest, high)}
      <g transform="translate(${shift})">${this.disc(share, size)}</g>`;
    const key = [
      [(d) => `<path d="${d}" stroke="var(--blue)" stroke-width="3"/>`, this.say("closed loop, u = −gKx", "闭环，u = −gKx")],
      [(d) => `<path d="${d}" stroke="var(--orange)" stroke-width="2" stroke-dasharray="7 5"/>`, this.say("no feedback", "无反馈")],
      [(d) => `<path d="${d}" stroke="currentColor" stroke-width="2" opacity=".35"/>`,
        this.say("eigenvalues for g from 0 to 1.5", "g 从 0 到 1.5 时的特征值")]];
    return { height: narrow ? 252 + size + 14 : high, markup, key, inWords: this.inWords(share, steps, now, radius(loop(share))) };
  }

  inWords(share, steps, { slope, cost }, radius) {
    const number = xg.number, g = share.toFixed(2);
    const fate = radius < 1
      ? this.say("The gradient stays bounded as T grows.", "T 增大时，梯度保持有界。")
      : this.say("The gradient grows exponentially with T.", "梯度随 T 指数增长。");
    const small = Math.abs(slope) < 1e-10 ? "0" : number(slope);
    return this.say(`g = ${g}, T = ${steps}: spectral radius of A − gBK ${number(radius)}, cost J = ${number(cost)}, slope dJ/dv₀ = ${small}.\n`,
      `g = ${g}，T = ${steps}：A − gBK 的谱半径 ${number(radius)}，代价 J = ${number(cost)}，斜率 dJ/dv₀ = ${small}。\n`) + fate;
  }
});
