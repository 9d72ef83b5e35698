// The loop u = −g K x closed around an unstable system; prices of states and controls.
xg.feedback ??= (() => {
  const A = [1.1, 0.2, 0, 1.05], B = [0, 1], R = 0.5, start = [1, -0.5]; // Q is the identity
  const { identity, times, act, transpose } = xg.mat2;

  // The Riccati recursion until it stands still; B picks the second row.
  const gain = (() => {
    let P = identity, K;
    for (let i = 0; i < 200; i++) {
      const PA = times(P, A);
      K = [PA[2] / (R + P[3]), PA[3] / (R + P[3])];
      P = times(transpose(A), times(P, loop(1, K))).map((entry, j) => entry + identity[j]);
    }
    return K;
  })();

  function loop(share, K = gain) {
    return A.map((a, i) => (i < 2 ? a : a - share * K[i - 2]));
  }

  // States forwards, costates backwards, the cost and its slope by a push at time 0.
  function sweep(share, steps) {
    const M = loop(share), K = gain.map((k) => share * k), states = [start];
    for (let t = 0; t < steps; t++) states.push(act(M, states[t]));
    const control = (x) => -(K[0] * x[0] + K[1] * x[1]);
    const prices = Array(steps + 1);
    prices[steps] = states[steps];
    let cost = (states[steps][0] ** 2 + states[steps][1] ** 2) / 2;
    for (let t = steps - 1; t >= 0; t--) {
      const x = states[t], u = control(x), back = act(transpose(M), prices[t + 1]);
      prices[t] = x.map((value, i) => value - R * K[i] * u + back[i]);
      cost += (x[0] ** 2 + x[1] ** 2 + R * u * u) / 2;
    }
    const slope = R * control(start) + B[1] * prices[1][1];
    return { norms: prices.map((p) => Math.hypot(...p)), slope, cost };
  }

  return { gain, loop, sweep };
})();

xg.define("xg-feedback", class extends xg.Figure {
  static shapes = ["wide", "square"];

  setup() {
    const { share, steps } = this.options;
    this.share = this.slider(this.say("Share g of the Riccati gain", "里卡蒂增益的份额g"),
      xg.list(51, (i) => i / 20), share, (g) => g.toFixed(2));
    this.steps = this.slider(this.say("Horizon T", "时域长度T"), xg.list(20, (i) => 5 * (i + 1)), steps);
    this.resetButton();
  }

  time(norms, free, panel, pens) {
    const axes = xg.axes(panel, { range: [0, 100], tick: 25, label: "t" },
      { range: [-8, 12], tick: 4, label: this.say("log₁₀ of the costate's norm", "协态范数的log₁₀") });
    // A rounding error is no costate: the picture ends at 10⁻⁸.
    const trace = (values) => xg.line(values.map((value, t) => axes.place([t, Math.max(Math.log10(value), -8)])));
    return `${axes.markup}${pens.open(trace(free))}${pens.closed(trace(norms))}
      ${xg.pen("text", 1, "dotted")(axes.upright(norms.length - 1))}`;
  }

  disc(share, panel, pens) {
    const { eigenvalues } = xg.mat2, { loop } = xg.feedback, side = { range: [-1.5, 1.5], tick: 0.5 };
    const { place, markup } = xg.axes(panel, { ...side, label: this.say("real part", "实部") },
      { ...side, label: this.say("imaginary part", "虚部") });
    const path = xg.list(1001, (i) => i / 400).flatMap((g) => eigenvalues(loop(g)));
    return `${markup}${xg.pen("text")(xg.line(xg.circle().map(place)))}
      <g stroke-linecap="round">${pens.path(xg.dots(path.map(place)))}</g>
      ${xg.spots("blue", 12)(eigenvalues(loop(share)).map(place))}`;
  }

  draw(time, disc) {
    const share = this.share.chosen, steps = this.steps.chosen, { sweep } = xg.feedback;
    const now = sweep(share, steps), free = sweep(0, steps);
    const pens = { closed: xg.pen("blue", 3), open: xg.pen("orange", 2, "dashed"), path: xg.pen("text", 2, "faint") };
    const pictures = [this.time(now.norms, free.norms, time, pens), this.disc(share, disc, pens)];
    const key = [
      [pens.closed, this.say("closed loop, u = −gKx", "闭环，u = −gKx")],
      [pens.open, this.say("no feedback", "无反馈")],
      [pens.path, this.say("eigenvalues for g from 0 to 2.5", "g从0到2.5时的特征值")]];
    return { pictures, key, inWords: this.inWords(share, steps, now) };
  }

  inWords(share, steps, { slope, cost }) {
    const number = xg.number, g = share.toFixed(2), radius = xg.mat2.radius(xg.feedback.loop(share));
    const fate = radius < 1
      ? this.say("The gradient stays bounded as T grows.", "T增大时，梯度保持有界。")
      : this.say("The gradient grows exponentially with T.", "梯度随T指数增长。");
    const small = Math.abs(slope) < 1e-10 ? "0" : number(slope);
    return this.say(`g = ${g}, T = ${steps}: spectral radius of A − gBK ${number(radius)}, cost J = ${number(cost)}, slope dJ/dv₀ = ${small}.\n`,
      `g = ${g}，T = ${steps}：A − gBK的谱半径${number(radius)}，代价J = ${number(cost)}，斜率dJ/dv₀ = ${small}。\n`) + fate;
  }
});
