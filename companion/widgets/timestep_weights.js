// One diffusion loss, three questions: weight, gradient and clipped contribution by timestep.
xg.timesteps ??= (() => {
  const STEPS = 1000, GAMMA = 5;

  // 1 − β_s for s = 1, …, T; the share of signal is their running product.
  const factors = {
    linear: (s) => 1 - (0.1 + (19.9 * (s - 1)) / (STEPS - 1)) / STEPS,
    cosine: (s) => {
      const f = (t) => Math.cos(((t / STEPS + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
      return Math.max(0.001, f(s) / f(s - 1));
    },
  };

  function ratios(schedule) {
    let share = 1;
    return Float64Array.from({ length: STEPS }, (_, i) => {
      share *= factors[schedule](i + 1);
      return share / (1 - share);
    });
  }

  // What an error of the data counts in the unit of each prediction.
  const units = { data: () => 1, noise: (s) => s, velocity: (s) => 1 + s };
  // Each loss as its weight on the error of the data.
  const losses = { noise: units.noise, velocity: units.velocity, capped: (s) => Math.min(s, GAMMA) };

  // For Gaussian data: the weight on the network's own error, and the root mean
  // square of the derivative of that error, before training or with the best output.
  function sizes({ prediction, loss, trained }, s) {
    const weight = losses[loss](s) / units[prediction](s);
    const gradient = 2 * (trained ? Math.sqrt(units[prediction](s) / (1 + s)) : 1);
    return { weight, gradient };
  }

  const clip = (length, threshold) => Math.min(length, threshold);

  // Contribution of every timestep: clipped at C/w then weighted, weighted then
  // clipped at C, and mixed up, weighted then clipped at C/w.
  function contributions(state) {
    const C = state.threshold;
    return Array.from(ratios(state.schedule), (s) => {
      const { weight, gradient } = sizes(state, s);
      return { snr: s, weight, gradient, early: weight * clip(gradient, C / weight),
        late: clip(weight * gradient, C), mixed: clip(weight * gradient, C / weight) };
    });
  }

  function summary(points, threshold) {
    const early = points.map((p) => p.early), gap = points.map((p) => Math.abs(p.early - p.late) / p.late);
    const reached = points.filter((p) => p.weight * p.gradient >= threshold).length;
    return { least: Math.min(...early), most: Math.max(...early), gap: Math.max(...gap), reached };
  }

  return { STEPS, ratios, sizes, contributions, summary };
})();

xg.define("xg-timestep-weights", class extends xg.Figure {
  static RANGE = [1e-5, 1e5];

  setup() {
    const { schedule, prediction, loss, trained, threshold } = this.options;
    this.schedule = this.select(this.say("Schedule", "噪声调度"),
      { linear: this.say("linear", "线性"), cosine: this.say("cosine", "余弦") }, schedule);
    this.prediction = this.select(this.say("The network predicts", "网络预测"),
      { data: this.say("data", "数据"), noise: this.say("noise", "噪声"), velocity: this.say("velocity", "速度") }, prediction);
    this.loss = this.select(this.say("Loss on the error of", "损失所用的误差"), {
      noise: this.say("noise (DDPM)", "噪声（DDPM）"), velocity: this.say("velocity", "速度"),
      capped: this.say("data, min-SNR", "数据，min-SNR") }, loss);
    this.trained = this.select(this.say("Network", "网络"),
      { no: this.say("before training", "训练前"), yes: this.say("best output", "最优输出") }, trained ? "yes" : "no");
    this.threshold = this.slider(this.say("Threshold C", "阈值C"),
      xg.list(41, (i) => 10 ** (i / 5 - 4)), threshold);
  }

  draw(panel) {
    const state = { schedule: this.schedule.value, prediction: this.prediction.value, loss: this.loss.value,
      trained: this.trained.value === "yes", threshold: this.threshold.chosen };
    const points = xg.timesteps.contributions(state), [low, high] = this.constructor.RANGE;
    const axes = xg.axes(panel, { range: [1, xg.timesteps.STEPS], log: true, label: this.say("timestep t", "时间步t") },
      { range: [low, high], log: true, label: this.say("size, for Gaussian data", "大小（高斯数据）") });
    // Evenly spaced on the log axis; what falls out of the picture runs along its edge.
    const shown = [...new Set(xg.list(151, (i) => Math.round(10 ** (i / 50))))];
    const at = (name) => (t) => axes.place([t, Math.min(high, Math.max(low, points[t - 1][name]))]);
    const pens = { weight: xg.pen("text", 2, "dotted"), gradient: xg.pen("text", 1.5, "dashed"),
      mixed: xg.pen("orange", 1.5, "dashdot"), early: xg.pen("blue", 3) };
    const traces = Object.entries(pens).map(([name, pen]) => pen(xg.line(shown.map(at(name)))));
    const [x, y] = axes.place([xg.timesteps.STEPS, state.threshold]);
    const picture = `${axes.markup}${traces.join("")}${xg.spots("orange", 8)(shown.filter((_, i) => i % 9 === 4).map(at("late")))}
      ${xg.pen("text", 1, "faint")(axes.level(state.threshold))}<text x="${x - 2}" y="${y + 16}" text-anchor="end">C</text>`;
    const key = [
      [pens.weight, this.say("weight w(t)", "权重w(t)")],
      [pens.gradient, this.say("gradient ‖g‖ of the unweighted error", "未加权误差的梯度‖g‖")],
      [pens.early, this.say("clip at C/w, then weight", "先按C/w裁剪，再加权")],
      [() => xg.spots("orange", 8)([[18, 8]]), this.say("weight, then clip at C", "先加权，再按C裁剪")],
      [pens.mixed, this.say("mixed up: weight, then clip at C/w", "混淆：先加权，再按C/w裁剪")]];
    return { pictures: [picture], key, inWords: this.inWords(points, state.threshold) };
  }

  inWords(points, threshold) {
    const { least, most, gap, reached } = xg.timesteps.summary(points, threshold);
    const share = xg.number((100 * reached) / points.length), [low, high] = [least, most].map(xg.number);
    const same = gap < 1e-12 ? this.say("The two orders agree at every timestep.", "两种顺序在每个时间步都一致。")
      : this.say("The two orders differ.", "两种顺序不一致。");
    return this.say(`At C = ${xg.number(threshold)}, ${share}% of the timesteps reach the ceiling; contributions run from ${low} to ${high}.\n`,
      `C = ${xg.number(threshold)}时，${share}%的时间步达到上限；贡献介于${low}与${high}之间。\n`) + same;
  }
});
