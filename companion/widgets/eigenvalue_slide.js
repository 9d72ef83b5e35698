// Eigenvalues of z I + (1 − z) g W, where W is Gaussian: each slides towards 1.
xg.eigenvalueSlide ??= (() => {
  const slide = (points, gain, z) =>
    points.map(([a, b]) => [z + (1 - z) * gain * a, (1 - z) * gain * b]);
  const radius = (points) => Math.max(...points.map((p) => Math.hypot(...p)));

  // The gate beyond which an eigenvalue is inside the unit circle; 1 means never.
  function critical([a, b]) {
    if (a >= 1) return 1;
    return Math.max(0, 1 - (2 * (1 - a)) / ((1 - a) ** 2 + b * b));
  }
  // The stable disc of the ungated eigenvalues: its centre on the real axis, its radius.
  const disc = (z) => ({ centre: -z / (1 - z), radius: 1 / (1 - z) });

  return { slide, radius, critical, disc };
})();

xg.define("xg-eigenvalue-slide", class extends xg.Figure {
  static shapes = ["square", "square"];

  setup() {
    const { gate, gain } = this.options;
    this.gate = this.slider(this.say("Gate z", "门z"), xg.list(100, (i) => i / 100), gate, (z) => z.toFixed(2));
    this.gain = this.slider(this.say("Gain", "增益"), xg.list(36, (i) => (5 + i) / 10), gain);
    this.resetButton();
  }

  inside = (x, y, r) => `<circle cx="${x}" cy="${y}" r="${r}" style="fill: var(--blue); fill-opacity: .14; stroke: var(--blue)" stroke-width="2"/>`;
  cross = (x, y) => xg.pen("orange", 2)(`M${x - 4} ${y - 4}l8 8m0 -8l-8 8`);
  bead = (x, y) => xg.spots("blue", 6)([[x, y]]);

  // One plane: a circle, points inside and outside of it.
  plane(side, circle, points, out, [label, when], panel) {
    const range = [-side, side], tick = side / 2;
    const axes = xg.axes(panel, { range, tick, label: `Re ${label}` }, { range, tick, label: `Im ${label}, ${when}` });
    const { X, Y } = axes, marks = points.map((p, i) => (out[i] ? this.cross : this.bead)(...axes.place(p)));
    return axes.markup + xg.clip(axes, `${xg.pen("text", 1, "faint")(axes.upright(0) + axes.level(0))}
      ${this.inside(X(circle.centre), Y(0), circle.radius * (X(1) - X(0)))}${marks.join("")}`);
  }

  draw(left, right) {
    const { slide, disc } = xg.eigenvalueSlide, { eigenvalues } = this.options;
    const z = this.gate.chosen, gain = this.gain.chosen;
    const before = slide(eigenvalues, gain, 0), now = slide(eigenvalues, gain, z);
    const out = now.map((p) => Math.hypot(...p) > 1);
    const pictures = [
      this.plane(4, disc(z), before, out, ["λ", this.say("before the gate", "加门之前")], left),
      this.plane(2, { centre: 0, radius: 1 }, now, out, ["μ", this.say("after it", "加门之后")], right)];
    const key = [
      [() => this.inside(18, 8, 7), this.say("stable: λ before the gate, |μ| < 1 after it", "稳定区域：加门之前的λ，加门之后|μ| < 1")],
      [() => this.bead(18, 8), this.say("stable eigenvalue", "稳定的特征值")],
      [() => this.cross(18, 8), this.say("unstable eigenvalue", "不稳定的特征值")]];
    return { pictures, key, inWords: this.inWords(before, now, out, z, gain) };
  }

  inWords(before, now, out, z, gain) {
    const { radius, critical } = xg.eigenvalueSlide, number = xg.number, count = out.filter(Boolean).length;
    const rho = radius(now), stuck = before.filter((p) => critical(p) === 1).length;
    const most = Math.max(...before.map(critical)), all = before.length;
    const cure = stuck
      ? this.say(`${stuck} eigenvalues have Re λ ≥ 1: no gate below 1 brings them in.`, `有${stuck}个特征值满足Re λ ≥ 1：小于1的门都无法使其稳定。`)
      : this.say(`All are stable for z > ${number(most)}.`, `z > ${number(most)}时全部稳定。`);
    return this.say(`z = ${z.toFixed(2)}, g = ${number(gain)}: ${count} of ${all} eigenvalues are unstable, spectral radius ${number(rho)}. `,
      `z = ${z.toFixed(2)}，g = ${number(gain)}：${all}个特征值中有${count}个不稳定，谱半径${number(rho)}。`)
      + this.say(`A hundred steps make ${number(rho ** 100)} of the largest mode.\n`, `一百步之后最大的模态变为${number(rho ** 100)}倍。\n`) + cure;
  }
});
