// A stack of ReLU blocks in the limit of wide layers and large batches.
xg.normalizedDepth ??= (() => {
  const slope = 1 / 2; // E φ'(Z)²
  const spread = { none: 1, batch: (Math.PI - 1) / (2 * Math.PI), layer: 1 / 2, rms: 1 / 2 };

  // |g_l| / |g_L| for l = 0 … L: each block keeps r and adds g² E φ'² / σ².
  function norms(kind, residual, gain, depth) {
    const keep = residual ? 1 : 0, factors = [];
    let variance = 1;
    for (let l = 0; l < depth; l++) {
      factors.push(keep + (gain * gain * slope) / variance);
      if (kind !== "none") variance = keep * variance + gain * gain * spread[kind];
    }
    const squares = [1];
    for (const factor of factors.reverse()) squares.unshift(squares[0] * factor);
    return squares.map(Math.sqrt);
  }

  return { norms };
})();

xg.define("xg-normalized-depth", class extends xg.Figure {
  setup() {
    const { kind, residual, gain, gains } = this.options;
    this.kind = this.select(this.say("Normalization", "归一化"), {
      none: this.say("none", "无"), batch: this.say("batch", "批量归一化"),
      layer: this.say("layer", "层归一化"), rms: "RMS",
    }, kind);
    this.residual = this.select(this.say("Residual connections", "残差连接"),
      { no: this.say("off", "关"), yes: this.say("on", "开") }, residual ? "yes" : "no");
    this.gain = this.slider(this.say("Gain of the weights", "权重的增益"), gains, gain);
  }

  draw(panel) {
    const kind = this.kind.value, residual = this.residual.value === "yes", gain = this.gain.chosen;
    const { depth, curves } = this.options;
    const law = xg.normalizedDepth.norms(kind, residual, gain, depth);
    const seen = curves[[kind, residual ? "residual" : "plain", gain].join(" ")];
    const axes = xg.axes(panel, { range: [0, depth], tick: 5, label: this.say("layer l", "层l") },
      { range: [-10, 10], tick: 5, label: this.say("log₁₀ of the gradient norm / the last layer's", "梯度范数 / 最后一层的梯度范数，log₁₀") });
    const place = (value, l) => axes.place([l, Math.min(10, Math.max(-10, Math.log10(value)))]);
    const wide = xg.pen("blue", 2.5);
    const picture = `${axes.markup}${xg.pen("text", 1, "dotted")(axes.level(0))}${wide(xg.line(law.map(place)))}
      ${seen ? xg.spots("orange", 6)(seen.map(place)) : ""}`;
    const key = [[wide, this.say("law, infinitely wide", "无限宽时的规律")]];
    if (seen) key.push([xg.spotsKey("orange", 6), this.say("one network, measured", "一个网络的实测值")]);
    return { pictures: [picture], key, inWords: this.inWords(kind, residual, law, seen) };
  }

  inWords(kind, residual, law, seen) {
    const number = xg.number, depth = law.length - 1;
    const found = seen ? this.say(`, measured ${number(seen[0])}`, `，实测${number(seen[0])}`) : "";
    const why = residual
      ? (kind === "none"
        ? this.say("Without normalization every block multiplies by √(1 + gain²/2): exponential.", "不归一化时，每个块都乘以√(1 + 增益²/2)：指数增长。")
        : this.say("The path around the blocks makes the growth a power of the depth.", "直通路径使增长变为深度的幂。"))
      : { none: this.say("Every layer multiplies by gain/√2: the gain decides.", "每层乘以增益/√2：由增益决定。"),
        batch: this.say("Every layer but the first multiplies by 1.211, whatever the gain.", "除第一层外，每层都乘以1.211，与增益无关。") }[kind]
        ?? this.say("Every layer but the first multiplies by 1, whatever the gain.", "除第一层外，每层都乘以1，与增益无关。");
    return this.say(`Over ${depth} layers, back to the input: ${number(law[0])}${found}.\n`,
      `反向经过${depth}层到输入：${number(law[0])}${found}。\n`) + why;
  }
});
