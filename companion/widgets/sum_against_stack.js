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
  setup() {
    const { alignment, branches } = this.options;
    const rhos = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
    const counts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];
    this.rho = this.slider(this.say("Alignment ρ (mean cosine)", "对齐度 ρ（平均余弦）"), rhos, alignment);
    this.k = this.slider(this.say("Branches k", "分支数 k"), counts, branches);
  }

  growth(k, rho, width, height) {
    const { X, Y, top, bottom, markup } = xg.axes(width, height,
      { range: [1, 1000], log: true, label: this.say("branches k", "分支数 k") },
      { range: [1, 1000], log: true, label: this.say("norm of the gradient", "梯度范数") });
    const { sum, stack, scaled } = xg.sumStack;
    const grid = Array.from({ length: 61 }, (_, i) => 10 ** (i / 20));
    const curve = (f) => xg.line(grid.map((n) => [X(n), Y(f(n, rho))]));
    return `${markup}
      <path d="M${X(k)} ${top}V${bottom}" stroke="currentColor" opacity=".5"/>
      <path d="${curve(scaled)}" stroke="currentColor" stroke-width="2" stroke-dasharray="2 4"/>
      <path d="${curve(stack)}" stroke="var(--blue)" stroke-width="2.5" stroke-dasharray="9 5"/>
      <path d="${curve(sum)}" stroke="var(--orange)" stroke-width="2.5"/>
      <circle cx="${X(k)}" cy="${Y(stack(k))}" r="5" style="fill: var(--blue)"/>
      <circle cx="${X(k)}" cy="${Y(sum(k, rho))}" r="5" style="fill: var(--orange)"/>`;
  }

  // The chain, its chord and below them the stack: all three in one unit of length.
  vectors(k, rho, width, height) {
    const corners = xg.sumStack.chain(k, rho), xs = corners.map(([x]) => x), ys = corners.map(([, y]) => y);
    const left = Math.min(...xs, 0), right = Math.max(...xs, Math.sqrt(k)), deep = Math.max(...ys.map(Math.abs));
    const unit = Math.min((width - 32) / (right - left), (height - 92) / Math.max(deep, 0.01), 60);
    const base = height - 62, place = ([x, y]) => [16 + (x - left) * unit, base - Math.abs(y) * unit];
    const joints = k <= 32 ? `<path d="${xg.dots(corners.map(place))}" stroke="currentColor" stroke-width="5" stroke-linecap="round"/>` : "";
    const [start, end] = [place(corners[0]), place(corners[k])], below = base + 22;
    const last = start[0] + Math.sqrt(k) * unit;
    return `<text x="6" y="14">${this.say("the same gradients, head to tail", "同样的梯度，首尾相接")}</text>
      <path d="${xg.line(corners.map(place))}" stroke="currentColor" stroke-width="1.5"/>${joints}
      <path d="${xg.line([start, end])}" stroke="var(--orange)" stroke-width="3"/>
      <path d="${xg.line([[start[0], below], [last, below]])}" stroke="var(--blue)" stroke-width="3" stroke-dasharray="9 5"/>`;
  }

  draw(width) {
    const rho = this.rho.chosen, k = this.k.chosen, narrow = width < 560, high = 280;
    const half = narrow ? width : (width - 16) / 2;
    const shift = narrow ? `0 ${high + 12}` : `${half + 16} 0`, other = narrow ? 220 : high;
    const markup = `${this.growth(k, rho, half, high)}
      <g transform="translate(${shift})">${this.vectors(k, rho, half, other)}</g>`;
    const key = [
      [(d) => `<path d="${d}" stroke="var(--orange)" stroke-width="2.5"/>`, this.say("sum", "求和")],
      [(d) => `<path d="${d}" stroke="var(--blue)" stroke-width="2.5" stroke-dasharray="9 5"/>`, this.say("stack", "拼接")],
      [(d) => `<path d="${d}" stroke="currentColor" stroke-width="2" stroke-dasharray="2 4"/>`, this.say("sum / √k: fan-in scaling", "求和 / √k：按扇入缩放")]];
    return { height: narrow ? high + 232 : high, markup, key, inWords: this.inWords(k, rho) };
  }

  inWords(k, rho) {
    const { sum, stack, scaled, slopes } = xg.sumStack, number = xg.number;
    const [one, two, three] = slopes(k, rho).map(number);
    const verdict = k === 1 ? this.say("One gradient: nothing to add or to stack.", "只有一个梯度，谈不上求和或拼接。")
      : rho === 1 ? this.say("Aligned: the sum is as long as it can be, k.", "完全对齐：求和达到最大长度 k。")
        : rho === 0 ? this.say("Unrelated: the sum is no longer than the stack.", "互不相关：求和并不比拼接更长。")
          : this.say(`The sum is ${number(sum(k, rho) / stack(k))} times as long as the stack.`, `求和的长度是拼接的 ${number(sum(k, rho) / stack(k))} 倍。`);
    return this.say(
      `At k = ${k}, norm of the sum ${number(sum(k, rho))} (slope ${one}), of the stack ${number(stack(k))} (slope ${two}).\n`
      + `The sum scaled by 1/√k: ${number(scaled(k, rho))} (slope ${three}). ${verdict}`,
      `k = ${k} 时，求和的范数 ${number(sum(k, rho))}（斜率 ${one}），拼接的范数 ${number(stack(k))}（斜率 ${two}）。\n`
      + `求和乘以 1/√k：${number(scaled(k, rho))}（斜率 ${three}）。${verdict}`);
  }
});
