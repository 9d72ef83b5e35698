// A vector through a product of Gaussian matrices: sums of logs of chi variables.
xg.productGrowth ??= (() => {
  // Shift upwards, where a few terms of the asymptotic series are exact to rounding.
  function digamma(x) {
    let shift = 0;
    for (; x < 12; x++) shift -= 1 / x;
    const r = 1 / (x * x);
    return shift + Math.log(x) - 1 / (2 * x)
      - r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132)))));
  }
  function trigamma(x) {
    let shift = 0;
    for (; x < 12; x++) shift += 1 / (x * x);
    const r = 1 / (x * x);
    return shift + 1 / x + r / 2 + (r / x) * (1 / 6 - r * (1 / 30 - r * (1 / 42 - r * (1 / 30 - (r * 5) / 66))));
  }

  // Mean and standard deviation of log ‖P g‖ / ‖g‖ at a depth, exactly.
  const law = (width, gain, depth) => ({
    mean: depth * (Math.log(gain) + (Math.log(2 / width) + digamma(width / 2)) / 2),
    spread: Math.sqrt((depth * trigamma(width / 2)) / 4),
  });

  // The quantile of a sorted list, straight between its entries.
  function quantile(sorted, share) {
    const place = share * (sorted.length - 1), low = Math.floor(place);
    return sorted[low] + (place - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
  }

  return { digamma, trigamma, law, quantile };
})();

xg.define("xg-product-growth", class extends xg.Figure {
  setup() {
    const { runs, gain, depths } = this.options, widths = Object.keys(runs);
    this.width = this.select(this.say("Width n", "宽度n"), Object.fromEntries(widths.map((n) => [n, n])), widths[0]);
    this.gain = this.slider(this.say("Gain", "增益"),
      xg.list(71, (i) => (25 + i) / 50), gain);
    this.depth = this.slider(this.say("Depth L", "深度L"), depths, depths.at(-1));
    this.resetButton();
  }

  // Measured at gain 1; a gain adds its logarithm in every layer, exactly.
  now() {
    const { runs, depths } = this.options;
    const n = Number(this.width.value), gain = this.gain.chosen, depth = this.depth.chosen;
    const logs = runs[this.width.value].map((run) => run.map((v, i) => v + depths[i] * Math.log(gain)));
    const last = depths.indexOf(depth);
    const sorted = logs.map((run) => run[last]).sort((x, y) => x - y);
    return { n, gain, depth, logs, last, median: xg.productGrowth.quantile(sorted, 0.5), ...xg.productGrowth.law(n, gain, depth) };
  }

  draw(panel) {
    const { law } = xg.productGrowth, { depths } = this.options, state = this.now(), most = depths.at(-1);
    const axes = xg.axes(panel, { range: [0, most], tick: most / 4, label: this.say("layer", "层") },
      { range: [-40, 40], tick: 10, label: this.say("log₁₀ of the gradient's growth", "梯度增长倍数的log₁₀") });
    const shown = [0, ...depths.slice(0, state.last + 1)];
    const trace = (values) => xg.line(values.map((value, i) => axes.place([shown[i], value / Math.LN10])));
    const exact = (sign) => trace(shown.map((d) => {
      const { mean, spread } = law(state.n, state.gain, d || 1e-9);
      return mean + 2 * sign * spread;
    }));
    const run = xg.pen("blue", 1), mean = xg.pen("orange", 3), band = xg.pen("orange", 2, "dashed");
    const norms = xg.pen("text", 2, "dotted");
    const runs = state.logs.map((logs) => run(trace([0, ...logs.slice(0, state.last + 1)])));
    const picture = `${axes.markup}${xg.pen("text", 1)(axes.level(0))}${xg.clip(axes,
      `<g opacity=".55">${runs.join("")}</g>${mean(exact(0))}${band(exact(-1) + exact(1))}
      ${norms(trace(shown.map((d) => d * Math.log(2 * state.gain))))}`)}`;
    const key = [
      [run, this.say("measured products", "实测的乘积")], [mean, this.say("exact mean", "精确均值")],
      [band, this.say("two standard deviations", "两个标准差")],
      [norms, this.say("product of the norms, (2g) to the power L", "范数之积(2g)的L次幂")]];
    return { pictures: [picture], key, inWords: this.inWords(state) };
  }

  inWords({ n, gain, depth, median, mean, spread }) {
    const { number } = xg, tens = (x) => number(x / Math.LN10), rate = number(mean / depth);
    return this.say(`Width ${n}, gain ${number(gain)}: growth rate ${rate} per layer.\n`,
      `宽度${n}，增益${number(gain)}：每层增长率${rate}。\n`)
      + this.say(`After ${depth} layers: exact mean of log₁₀ ${tens(mean)} ± ${tens(spread)}, median of the runs ${tens(median)}.`,
        `${depth}层之后：log₁₀的精确均值${tens(mean)} ± ${tens(spread)}，实测中位数${tens(median)}。`);
  }
});
