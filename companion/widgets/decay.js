// Ridge regression of a 2 x 2 matrix: W(λ) = A S (S + λI)⁻¹ with S = diag(1, s).
xg.decay ??= (() => {
  const TARGET = [2, -2, 2, -1.8]; // A, row by row

  // S (S + λI)⁻¹ shrinks the first column by 1 / (1 + λ), the second by s / (s + λ).
  function solution(lambda, s) {
    const first = 1 / (1 + lambda), second = s / (s + lambda);
    return TARGET.map((entry, i) => entry * (i % 2 ? second : first));
  }

  // Both eigenvalues, as [real, imaginary].
  function eigenvalues([p, q, r, t]) {
    const middle = (p + t) / 2, square = middle ** 2 - (p * t - q * r), root = Math.sqrt(Math.abs(square));
    return square < 0 ? [[middle, root], [middle, -root]] : [[middle + root, 0], [middle - root, 0]];
  }

  const radius = (W) => Math.max(...eigenvalues(W).map(([x, y]) => Math.hypot(x, y)));
  const frobenius = (W) => Math.hypot(...W);

  return { solution, eigenvalues, radius, frobenius };
})();

xg.define("xg-decay", class extends xg.Figure {
  static RANGE = [1e-3, 10];

  setup() {
    const powers = (low, high) => Array.from({ length: 20 * (high - low) + 1 }, (_, i) => 10 ** (low + i / 20));
    const { weight_decay, variance } = this.options;
    this.decay = this.slider(this.say("Weight decay λ", "权重衰减 λ"), powers(-3, 1), weight_decay);
    this.variance = this.slider(this.say("Variance s of the second input", "第二个输入的方差 s"), powers(-3, 0), variance);
    this.button(this.say("Reset", "重置"), () => { this.decay.reset(); this.variance.reset(); });
  }

  path(s) {
    const [low, high] = this.constructor.RANGE.map(Math.log10);
    return Array.from({ length: 321 }, (_, i) => 10 ** (low + (i / 320) * (high - low)))
      .map((lambda) => [lambda, xg.decay.solution(lambda, s)]);
  }

  // The complex plane: the unit circle, the way of the eigenvalues, where they are.
  plane(now, s, size) {
    const { eigenvalues, solution } = xg.decay, window = { range: [-2, 2] };
    const { X, Y, markup } = xg.axes(size, size + 26, { ...window, label: "Re" }, { ...window, label: "Im" });
    const place = ([x, y]) => [X(x), Y(y)];
    const circle = Array.from({ length: 181 }, (_, i) => (i * Math.PI) / 90).map((t) => place([Math.cos(t), Math.sin(t)]));
    const way = this.path(s).flatMap(([, W]) => eigenvalues(W).map(place));
    const start = eigenvalues(solution(0, s)).map(place);
    const ring = start.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="6" fill="none" stroke="currentColor" stroke-width="2"/>`);
    return `${markup}<path d="${xg.line(circle)}" stroke="currentColor" stroke-dasharray="2 4" stroke-width="1.5"/>
      <path d="${xg.dots(way)}" stroke="var(--blue)" stroke-width="2.5" stroke-linecap="round" opacity=".6"/>${ring.join("")}
      <path d="${xg.dots(eigenvalues(now).map(place))}" stroke="var(--orange)" stroke-width="12" stroke-linecap="round"/>`;
  }

  sizes(lambda, s, width, height) {
    const { radius, frobenius, solution } = xg.decay;
    const { X, Y, left, right, top, bottom, markup } = xg.axes(width, height,
      { range: this.constructor.RANGE, log: true, label: "λ" }, { range: [0, 4], label: this.say("size", "大小") });
    const path = this.path(s), now = solution(lambda, s);
    const curve = (size) => xg.line(path.map(([l, W]) => [X(l), Y(size(W))]));
    const dot = (size, colour) =>
      `<path d="${xg.dots([[X(lambda), Y(size(now))]])}" stroke="var(${colour})" stroke-width="11" stroke-linecap="round"/>`;
    return `${markup}<path d="M${left} ${Y(1)}H${right}" stroke="currentColor" stroke-dasharray="2 4" stroke-width="1.5"/>
      <path d="M${X(lambda)} ${top}V${bottom}" stroke="currentColor" opacity=".4"/>
      <path d="${curve(frobenius)}" stroke="var(--blue)" stroke-width="2.5" stroke-dasharray="7 4"/>
      <path d="${curve(radius)}" stroke="var(--orange)" stroke-width="2.5"/>${dot(frobenius, "--blue")}${dot(radius, "--orange")}`;
  }

  draw(width) {
    const lambda = this.decay.chosen, s = this.variance.chosen, now = xg.decay.solution(lambda, s);
    const narrow = width < 520, size = narrow ? Math.min(width, 340) : Math.min(0.46 * width, 340);
    const rest = narrow ? width : width - size - 12, high = narrow ? 240 : size + 26;
    const shift = narrow ? `0 ${size + 34}` : `${size + 12} 0`;
    const markup = `${this.plane(now, s, size)}<g transform="translate(${shift})">${this.sizes(lambda, s, rest, high)}</g>`;
    const key = [
      [(d) => `<path d="${d}" stroke="currentColor" stroke-dasharray="2 4" stroke-width="1.5"/>`, this.say("size one, where growth begins", "大小为一：增长由此开始")],
      [(d) => `<path d="${d}" stroke="var(--orange)" stroke-width="3"/>`, this.say("eigenvalues, spectral radius", "特征值与谱半径")],
      [(d) => `<path d="${d}" stroke="var(--blue)" stroke-width="3" stroke-dasharray="7 4"/>`, this.say("Frobenius norm; left, the way of the eigenvalues", "弗罗贝尼乌斯范数；左图为特征值的轨迹")]];
    return { height: narrow ? size + 274 : high, markup, key, inWords: this.inWords(now, s) };
  }

  inWords(now, s) {
    const { radius, frobenius, solution } = xg.decay, number = xg.number;
    const rho = radius(now), before = radius(solution(0, s));
    const fate = rho > 1 ? this.say("decay has made this matrix explode", "衰减使这个矩阵爆炸")
      : rho > before ? this.say("decay has raised the radius", "衰减增大了谱半径")
        : this.say("decay has lowered the radius", "衰减减小了谱半径");
    return this.say(`Spectral radius ${number(rho)} (${number(before)} without decay), Frobenius norm ${number(frobenius(now))}:\n${fate}.`,
      `谱半径 ${number(rho)}（无衰减时 ${number(before)}），弗罗贝尼乌斯范数 ${number(frobenius(now))}：\n${fate}。`);
  }
});
