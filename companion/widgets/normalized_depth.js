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
    this.gain = this.slider(this.say("Gain of the weights g", "权重增益 g"), gains, gain);
  }

  draw(width) {
    const kind = this.kind.value, residual = this.residual.value === "yes", gain = this.gain.chosen;
    const { depth, curves } = this.options;
    const law = xg.normalizedDepth.norms(kind, residual, gain, depth);
    const seen = curves[[kind, residual ? "residual" : "plain", gain].join(" ")];
    const height = Math.min(340, 0.7 * width + 60);
    const { X, Y, top, bottom, left, right, markup } = xg.axes(width, height,
      { range: [0, depth], tick: 5, label: this.say("layer l", "层 l") },
      { range: [-10, 10], tick: 5, label: this.say("log₁₀ of the gradient norm, relative to the last layer", "梯度范数的 log₁₀（相对于最后一层）") });
    const place = (value, l) => [X(l), Y(Math.min(10, Math.max(-10, Math.log10(value))))];
    const picture = `${markup}
      <path d="${xg.line([[left, Y(0)], [right, Y(0)]])}" stroke="currentColor" stroke-dasharray="2 4"/>
      <path d="${xg.line(law.map(place))}" stroke="var(--blue)" stroke-width="2.5"/>
      ${seen ? `<path d="${xg.dots(seen.map(place))}" stroke="var(--orange)" stroke-width="6" stroke-linecap="round"/>` : ""}`;
    const key = [[(d) => `<path d="${d}" stroke="var(--blue)" stroke-width="2.5"/>`,
      this.say("law, infinitely wide", "无限宽时的规律")]];
    if (seen) key.push([() => `<path d="${xg.dots([[8, 8], [18, 8], [28, 8]])}" stroke="var(--orange)" stroke-width="6" stroke-linecap="round"/>`,
      this.say("one network, measured", "一个网络的实测值")]);
    return { height, markup: picture, key, inWords: this.inWords(kind, residual, gain, law, seen) };
  }

  inWords(kind, residual, gain, law, seen) {
    const number = xg.number, depth = law.length - 1;
    const found = seen ? this.say(`, measured ${number(seen[0])}`, `，实测 ${number(seen[0])}`) : "";
    const why = residual
      ? (kind === "none"
        ? this.say("Without normalization every block multiplies by √(1 + g²/2): exponential.", "不归一化时，每个块都乘以 √(1 + g²/2)：指数增长。")
        : this.say("The path around the blocks makes the growth a power of the depth.", "绕过块的通路使增长变为深度的幂。"))
      : { none: this.say("Every layer multiplies by g/√2: the gain decides.", "每层乘以 g/√2：由增益决定。"),
        batch: this.say("Every layer but the first multiplies by 1.211, whatever the gain.", "除第一层外，每层都乘以 1.211，与增益无关。") }[kind]
        ?? this.say("Every layer but the first multiplies by 1, whatever the gain.", "除第一层外，每层都乘以 1，与增益无关。");
    return this.say(`Over ${depth} layers, back to the input: ${number(law[0])}${found}.\n`,
      `反向经过 ${depth} 层到输入：${number(law[0])}${found}。\n`) + why;
  }
});
