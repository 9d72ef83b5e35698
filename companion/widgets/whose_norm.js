// Four samples, six parameters: what a clip makes of their gradients.
xg.whoseNorm ??= (() => {
  const SAMPLES = [[2, 1, -1, 1, -2, 1], [1, 2, 1, 2, 1, 1], [2, 1, 2, 1, 1, 2], [1, 1, 1, 2, 2, 1]];
  const ALL = [0, 1, 2, 3], HALVES = [[0, 1], [2, 3]], ENTRIES = [0, 1, 2, 3, 4, 5];
  const TENSORS = [[0, 1], [2, 3, 4, 5]], SHARDS = [[0, 1, 2], [3, 4, 5]];

  // The first sample `loud` times as long, the first tensor's gradient times `share`.
  const gradients = (loud, share) => SAMPLES.map((sample, i) =>
    sample.map((x, j) => x * (i ? 1 : loud) * (j < 2 ? share : 1)));

  const mean = (G, rows = ALL, count = rows.length) =>
    ENTRIES.map((j) => rows.reduce((sum, i) => sum + G[i][j], 0) / count);
  const length = (v) => Math.hypot(...v);
  const factor = (v, threshold) => (length(v) > threshold ? threshold / length(v) : 1);
  const only = (v, columns) => columns.map((j) => v[j]);

  // Who shares a factor: blocks of rows and columns of the table, each with its own.
  const byColumns = (G, threshold, parts) => parts.map((columns) =>
    ({ rows: ALL, columns, factor: factor(only(mean(G), columns), threshold) }));
  const byRows = (parts, factors) => parts.map((rows, k) => ({ rows, columns: ENTRIES, factor: factors[k] }));
  const rules = {
    once: (G, threshold) => byColumns(G, threshold, [ENTRIES]),
    tensor: (G, threshold) => byColumns(G, threshold, TENSORS),
    entry: (G, threshold) => byColumns(G, threshold, ENTRIES.map((j) => [j])),
    shard: (G, threshold) => byColumns(G, threshold, SHARDS),
    sample: (G, threshold) => byRows(ALL.map((i) => [i]), G.map((row) => factor(row, threshold))),
    replica: (G, threshold) => byRows(HALVES, HALVES.map((rows) => factor(mean(G, rows), threshold))),
    added: (G, threshold) => byRows(HALVES, HALVES.map((rows) => factor(mean(G, rows, 4), threshold))),
    running(G, threshold) {
      const [first, second] = HALVES.map((rows) => mean(G, rows, 4)), early = factor(first, threshold);
      const late = factor(first.map((x, j) => early * x + second[j]), threshold);
      return byRows(HALVES, [early * late, late]);
    },
  };

  // The mean of the samples, each entry with the factor of its block.
  function step(G, blocks) {
    const scaled = G.map(() => ENTRIES.map(() => 0));
    for (const { rows, columns, factor } of blocks)
      for (const i of rows) for (const j of columns) scaled[i][j] = factor * G[i][j];
    return mean(scaled);
  }

  function angle(u, v) {
    const inner = u.reduce((sum, x, j) => sum + x * v[j], 0), cosine = inner / (length(u) * length(v));
    return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
  }

  return { gradients, mean, length, rules, step, angle };
})();

xg.define("xg-whose-norm", class extends xg.Figure {
  static shapes = ["wide", "square"];
  static high = 320;

  setup() {
    const { rule, threshold, loud, share } = this.options;
    const powers = (low, high) => xg.list(10 * (high - low) + 1, (i) => 10 ** (low + i / 10));
    this.names = {
      once: this.say("the mean of all", "全部样本的平均"),
      tensor: this.say("each tensor of the mean", "平均梯度的每个张量"),
      entry: this.say("each entry of the mean", "平均梯度的每个分量"),
      shard: this.say("each shard of the mean", "平均梯度的每个分片"),
      sample: this.say("each sample", "每个样本"),
      replica: this.say("the mean of each half", "每半批的平均"),
      added: this.say("each micro-batch's share", "每个微批次的份额"),
      running: this.say("the running total", "累加中的总和"),
    };
    this.rule = this.select(this.say("What is clipped", "裁剪什么"), this.names, rule);
    this.threshold = this.slider(this.say("Threshold θ", "阈值θ"), powers(-1, 2), threshold);
    this.loud = this.slider(this.say("Sample 1 too long by", "样本1过长的倍数"), powers(0, 3), loud);
    this.share = this.slider(this.say("Gradient of tensor A times", "张量A的梯度乘以"), powers(-2, 2), share);
    this.resetButton();
  }

  // The table of gradients: dots as large as the entries, shaded where a factor shortens.
  table(G, blocks, { width, height }) {
    const left = 66, top = 44, bottom = height - 34, w = (width - 8 - left) / 6, h = (bottom - top) / 4;
    const centre = (columns) => left + w * (columns[0] + columns.length / 2);
    const shade = ({ rows, columns, factor }) => {
      const x = left + w * columns[0] + 2, y = top + h * rows[0] + 2;
      const dark = 0.06 + 0.13 * Math.min(3, -Math.log10(factor));
      return `<rect x="${x}" y="${y}" width="${w * columns.length - 4}" height="${h * rows.length - 4}" rx="4"
        style="fill: var(--blue); fill-opacity: ${dark.toFixed(3)}" stroke="var(--blue)"/>
        <text x="${centre(columns)}" y="${y + (h * rows.length) / 2 + (rows.length > 1 ? 2 : 13)}" text-anchor="middle">${this.short(factor)}</text>`;
    };
    const dot = (x, i, j) => {
      const size = Math.min(7, 2 + 1.5 * Math.max(0, Math.log10(Math.abs(x)) + 1));
      const look = x < 0 ? 'fill="none" stroke="currentColor"' : "";
      return `<circle cx="${left + w * (j + 0.5)}" cy="${top + h * (i + 0.5) - 8}" r="${size.toFixed(1)}" ${look}/>`;
    };
    const text = (x, y, words, anchor = "middle") => `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
    const bars = [[[0, 1], top - 8], [[2, 3, 4, 5], top - 8], [[0, 1, 2], bottom + 8], [[3, 4, 5], bottom + 8]]
      .map(([columns, y]) => `M${left + w * columns[0] + 3} ${y}h${w * columns.length - 6}`).join("");
    return `${blocks.map(shade).join("")}${G.map((row, i) => row.map((x, j) => dot(x, i, j)).join("")).join("")}
      ${xg.pen("text", 1)(bars)}
      ${G.map((_, i) => text(left - 6, top + h * (i + 0.5) + 4, this.say(`sample ${i + 1}`, `样本${i + 1}`), "end")).join("")}
      ${text(centre([0, 1]), top - 14, this.say("tensor A", "张量A"))}${text(centre([2, 3, 4, 5]), top - 14, this.say("tensor B", "张量B"))}
      ${text(centre([0, 1, 2]), bottom + 24, this.say("shard 1", "分片1"))}${text(centre([3, 4, 5]), bottom + 24, this.say("shard 2", "分片2"))}`;
  }

  // A factor as short as a column of a narrow window.
  short(factor) {
    if (factor > 0.995) return "1";
    return factor >= 0.01 ? factor.toFixed(2) : `&lt;10${xg.superscript(Math.ceil(Math.log10(factor)))}`;
  }

  // Every step by its part along the gradient and its part across, in units of θ.
  plane(G, steps, threshold, panel, pens) {
    const { mean, length, angle } = xg.whoseNorm, range = [-0.5, 2.5], tick = 0.5;
    const axes = xg.axes(panel, { range, tick, label: this.say("along the gradient, in θ", "沿梯度方向，以θ计") },
      { range, tick, label: this.say("across it, in θ", "垂直于梯度，以θ计") });
    const spot = (v) => {
      const turn = (angle(v, mean(G)) * Math.PI) / 180, size = length(v) / threshold;
      return axes.place([size * Math.cos(turn), size * Math.sin(turn)]);
    };
    const arrow = (v) => xg.line([axes.place([0, 0]), spot(v)]);
    const others = Object.entries(steps).filter(([name]) => name !== this.rule.value).map(([, v]) => v);
    const chosen = steps[this.rule.value];
    const arc = xg.line(xg.list(46, (i) => (i * Math.PI) / 90).map((t) => axes.place([Math.cos(t), Math.sin(t)])));
    return `${axes.markup}${pens.circle(arc)}${others.map((v) => pens.other(arrow(v))).join("")}
      ${xg.spots("blue", 6)(others.map(spot))}${pens.chosen(arrow(chosen))}${xg.spots("orange", 11)([spot(chosen)])}`;
  }

  draw(table, plane) {
    const { gradients, rules, step } = xg.whoseNorm, threshold = this.threshold.chosen;
    const G = gradients(this.loud.chosen, this.share.chosen);
    const steps = Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, step(G, rule(G, threshold))]));
    const pens = { circle: xg.pen("text", 1.5, "dotted"), chosen: xg.pen("orange", 3), other: xg.pen("blue", 1.5, "faint") };
    const pictures = [
      this.table(G, rules[this.rule.value](G, threshold), table),
      this.plane(G, steps, threshold, plane, pens)];
    const key = [
      [pens.chosen, this.say("the step", "这一步")],
      [pens.other, this.say("what the other clips make of it", "其他裁剪方式的一步")],
      [pens.circle, this.say("length θ", "长度θ")]];
    return { pictures, key, inWords: this.inWords(G, steps[this.rule.value], threshold) };
  }

  inWords(G, v, threshold) {
    const { mean, length, angle } = xg.whoseNorm, name = this.names[this.rule.value];
    const size = xg.number(length(v) / threshold), degrees = (u) => Math.round(angle(v, u));
    const turned = degrees(mean(G)), away = degrees(mean(G, [1, 2, 3]));
    return this.say(`Clipping ${name}: a step of ${size} θ, turned by ${turned}° from the gradient of the batch.
It points ${away}° away from the mean of samples 2 to 4.`,
    `裁剪${name}：步长为${size}θ，与整批的梯度相差${turned}°。\n与样本2至4的平均相差${away}°。`);
  }
});
