// Ridge regression of a 2 × 2 matrix: W(λ) = A S (S + λI)⁻¹ with S = diag(1, s).
xg.decay ??= (() => {
  const TARGET = [2, -2, 2, -1.8]; // A, row by row

  // S (S + λI)⁻¹ shrinks the first column by 1 / (1 + λ), the second by s / (s + λ).
  function solution(lambda, s) {
    const first = 1 / (1 + lambda), second = s / (s + lambda);
    return TARGET.map((entry, i) => entry * (i % 2 ? second : first));
  }

  return { solution, frobenius: (W) => Math.hypot(...W) };
})();

xg.define("xg-decay", class extends xg.Figure {
  static shapes = ["square", "wide"];

  setup() {
    const powers = (low, high) => xg.list(20 * (high - low) + 1, (i) => 10 ** (low + i / 20));
    const { weight_decay, variance } = this.options;
    this.decay = this.slider(this.say("Weight decay λ", "权重衰减λ"), powers(-3, 1), weight_decay);
    this.variance = this.slider(this.say("Variance s of the second input", "第二个输入的方差s"), powers(-3, 0), variance);
    this.resetButton();
  }

  // The complex plane: the unit circle, the way of the eigenvalues, where they are.
  plane(now, path, panel, one) {
    const { eigenvalues } = xg.mat2, range = [-2, 2];
    const { place, markup } = xg.axes(panel, { range, label: "Re" }, { range, label: "Im" });
    const way = path.flatMap(([, W]) => eigenvalues(W)), start = eigenvalues(path[0][1]);
    return `${markup}${one(xg.line(xg.circle().map(place)))}
      <g opacity=".6">${xg.spots("blue", 2.5)(way.map(place))}</g>${start.map((z) => xg.ring(place(z))).join("")}
      ${xg.spots("orange", 12)(eigenvalues(now).map(place))}`;
  }

  sizes(lambda, now, path, panel, one) {
    const axes = xg.axes(panel, { range: [1e-3, 10], log: true, label: "λ" }, { range: [0, 4], label: this.say("size", "大小") });
    const curve = (ink, size, style) => xg.pen(ink, 2.5, style)(xg.line(path.slice(1).map(([l, W]) => axes.place([l, size(W)]))))
      + xg.spots(ink, 11)([axes.place([lambda, size(now)])]);
    return `${axes.markup}${one(axes.level(1))}${xg.pen("text", 1, "faint")(axes.upright(lambda))}
      ${curve("blue", xg.decay.frobenius, "dashed")}${curve("orange", xg.mat2.radius)}`;
  }

  draw(plane, sizes) {
    const lambda = this.decay.chosen, s = this.variance.chosen, now = xg.decay.solution(lambda, s);
    const path = [0, ...xg.list(321, (i) => 10 ** (i / 80 - 3))].map((l) => [l, xg.decay.solution(l, s)]);
    const one = xg.pen("text", 1.5, "dotted");
    const pictures = [this.plane(now, path, plane, one), this.sizes(lambda, now, path, sizes, one)];
    const key = [
      [one, this.say("size one, where growth begins", "大小为一：增长由此开始")],
      [xg.pen("orange", 3), this.say("eigenvalues, spectral radius", "特征值与谱半径")],
      [xg.pen("blue", 3, "dashed"), this.say("Frobenius norm; dots: the way of the eigenvalues", "弗罗贝尼乌斯范数；点：特征值的轨迹")]];
    return { pictures, key, inWords: this.inWords(now, xg.mat2.radius(path[0][1])) };
  }

  inWords(now, before) {
    const number = xg.number, rho = xg.mat2.radius(now), norm = number(xg.decay.frobenius(now));
    const fate = rho > 1 ? this.say("decay has made this matrix explode", "衰减使这个矩阵爆炸")
      : rho > before ? this.say("decay has raised the radius", "衰减增大了谱半径")
        : this.say("decay has lowered the radius", "衰减减小了谱半径");
    return this.say(`Spectral radius ${number(rho)} (${number(before)} without decay), Frobenius norm ${norm}:\n${fate}.`,
      `谱半径${number(rho)}（无衰减时${number(before)}），弗罗贝尼乌斯范数${norm}：\n${fate}。`);
  }
});
