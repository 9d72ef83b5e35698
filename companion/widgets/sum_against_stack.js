// k gradients of length 1 whose mean cosine is ρ: their sum against their stack.
xg.sumStack ??= (() => {
  const sum = (k, rho) => Math.sqrt(k + k * (k - 1) * rho);
  const stack = (k) => Math.sqrt(k);
  const scaled = (k, rho) => sum(k, rho) / Math.sqrt(k);

  // d log(norm) / d log k of the three, k taken as a real number.
  function slopes(k, rho) {
    const one = (k + (2 * k * k - k) * rho) / (2 * (k + k * (k - 1) * rho));
    return [one, 1 / 2, one - 1 / 2];
  }

  // k unit vectors in the plane, each turned by the same angle from the one before,
  // so that their sum has the length wanted: sin(kδ/2) / sin(δ/2), falling in δ.
  function turn(k, rho) {
    if (k === 1) return 0;
    const length = (delta) => Math.sin((k * delta) / 2) / Math.sin(delta / 2);
    let low = 0, high = (2 * Math.PI) / k;
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (length(middle) > sum(k, rho)) low = middle;
      else high = middle;
    }
    return rho === 1 ? 0 : low;
  }

  // The corners of the chain of these vectors, its first and last on the x axis.
  function chain(k, rho) {
    const delta = turn(k, rho);
    const corners = [[0, 0]];
    for (let i = 0; i < k; i++) {
      const angle = (i - (k - 1) / 2) * delta, [x, y] = corners[i];
      corners.push([x + Math.cos(angle), y - Math.sin(angle)]);
    }
    return corners;
  }

  return { sum, stack, scaled, slopes, chain };
})();

xg.define("xg-sum-against-stack", class extends xg.Figure {
  static shapes = ["wide", "wide"];
  static high = 300;

  setup() {
    const { alignment, branches } = this.options;
    const rhos = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
    const counts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];
    this.rho = this.slider(this.say("Alignment ρ (mean cosine)", "对齐度ρ（平均余弦）"), rhos, alignment);
    this.k = this.slider(this.say("Branches k", "分支数k"), counts, branches);
  }

  growth(k, rho, panel, pens) {
    const { sum, stack, scaled } = xg.sumStack, side = { range: [1, 1000], log: true };
    const axes = xg.axes(panel, { ...side, label: this.say("branches k", "分支数k") },
      { ...side, label: this.say("norm of the gradient", "梯度范数") });
    const curve = (f) => xg.line(xg.list(61, (i) => 10 ** (i / 20)).map((n) => axes.place([n, f(n, rho)])));
    return `${axes.markup}${xg.pen("text", 1, "faint")(axes.upright(k))}
      ${pens.scaled(curve(scaled))}${pens.stack(curve(stack))}${pens.sum(curve(sum))}
      ${xg.spots("blue", 10)([axes.place([k, stack(k)])])}${xg.spots("orange", 10)([axes.place([k, sum(k, rho)])])}`;
  }

  // The chain, its chord and below them the stack: all three in one unit of length.
  vectors(k, rho, { width, height }, pens) {
    const corners = xg.sumStack.chain(k, rho), xs = corners.map(([x]) => x);
    const left = Math.min(...xs, 0), right = Math.max(...xs, Math.sqrt(k));
    const deep = Math.max(0.01, ...corners.map(([, y]) => Math.abs(y)));
    const side = 16, above = 30, below = 62, gap = 22, longest = 60;
    const unit = Math.min((width - 2 * side) / (right - left), (height - above - below) / deep, longest);
    const place = ([x, y]) => [side + (x - left) * unit, height - below - Math.abs(y) * unit];
    const points = corners.map(place), [x, y] = points[0];
    return `<text x="6" y="14">${this.say("the same gradients, head to tail", "同样的梯度，首尾相接")}</text>
      ${xg.pen("text")(xg.line(points))}${k <= 32 ? xg.spots("text", 5)(points) : ""}
      ${xg.pen("orange", 3)(xg.line([points[0], points[k]]))}
      ${pens.stack(xg.line([[x, y + gap], [x + Math.sqrt(k) * unit, y + gap]]))}`;
  }

  draw(growth, vectors) {
    const rho = this.rho.chosen, k = this.k.chosen;
    const pens = { sum: xg.pen("orange", 2.5), stack: xg.pen("blue", 2.5, "dashed"), scaled: xg.pen("text", 2, "dotted") };
    const pictures = [this.growth(k, rho, growth, pens), this.vectors(k, rho, vectors, pens)];
    const key = [
      [pens.sum, this.say("sum", "求和")], [pens.stack, this.say("stack", "拼接")],
      [pens.scaled, this.say("sum / √k: fan-in scaling", "求和 / √k：按扇入缩放")]];
    return { pictures, key, inWords: this.inWords(k, rho) };
  }

  inWords(k, rho) {
    const { sum, stack, scaled, slopes } = xg.sumStack, number = xg.number;
    const [one, two, three] = slopes(k, rho).map(number);
    const verdict = k === 1 ? this.say("One gradient: nothing to add or to stack.", "只有一个梯度，谈不上求和或拼接。")
      : rho === 1 ? this.say("Aligned: the sum is as long as it can be, k.", "完全对齐：求和达到最大长度k。")
        : rho === 0 ? this.say("Unrelated: the sum is no longer than the stack.", "互不相关：求和并不比拼接更长。")
          : this.say(`The sum is ${number(sum(k, rho) / stack(k))} times as long as the stack.`, `求和的长度是拼接的${number(sum(k, rho) / stack(k))}倍。`);
    return this.say(
      `At k = ${k}, norm of the sum ${number(sum(k, rho))} (slope ${one}), of the stack ${number(stack(k))} (slope ${two}).\n`
      + `The sum scaled by 1/√k: ${number(scaled(k, rho))} (slope ${three}). ${verdict}`,
      `k = ${k}时，求和的范数${number(sum(k, rho))}（斜率${one}），拼接的范数${number(stack(k))}（斜率${two}）。\n`
      + `求和乘以1/√k：${number(scaled(k, rho))}（斜率${three}）。${verdict}`);
  }
});
