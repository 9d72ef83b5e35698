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
  setup() {
    const { gate, gain } = this.options;
    this.gate = this.slider(this.say("Gate z", "门 z"),
      Array.from({ length: 100 }, (_, i) => i / 100), gate, (z) => z.toFixed(2));
    this.gain = this.slider(this.say("Gain g", "增益 g"),
      Array.from({ length: 36 }, (_, i) => +(0.5 + i / 10).toFixed(1)), gain);
    this.button(this.say("Reset", "重置"), () => {
      for (const slider of [this.gate, this.gain]) slider.reset();
    });
  }

  // One plane: a circle, points inside and outside of it.
  plane(side, size, circle, points, out, label, when) {
    const window = { range: [-side, side], tick: side / 2 };
    const { X, Y, left, right, top, bottom, markup } =
      xg.axes(size, size + 14, { ...window, label: `Re ${label}` }, { ...window, label: `Im ${label}, ${when}` });
    const unit = X(1) - X(0);
    const mark = ([a, b], i) => out[i]
      ? `<path d="M${X(a) - 4} ${Y(b) - 4}l8 8m0 -8l-8 8" stroke="var(--orange)" stroke-width="2"/>`
      : `<circle cx="${X(a)}" cy="${Y(b)}" r="3" style="fill: var(--blue)"/>`;
    const box = `x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"`;
    return `${markup}<svg ${box} viewBox="${left} ${top} ${right - left} ${bottom - top}" style="overflow: hidden">
      <path d="M${X(0)} ${top}V${bottom}M${left} ${Y(0)}H${right}" stroke="currentColor" opacity=".3"/>
      <circle cx="${X(circle.centre)}" cy="${Y(0)}" r="${circle.radius * unit}"
        style="fill: var(--blue); fill-opacity: .14; stroke: var(--blue)" stroke-width="2"/>
      ${points.map(mark).join("")}</svg>`;
  }

  draw(width) {
    const { slide, disc } = xg.eigenvalueSlide, { eigenvalues } = this.options;
    const z = this.gate.chosen, gain = this.gain.chosen;
    const before = slide(eigenvalues, gain, 0), now = slide(eigenvalues, gain, z);
    const out = now.map((p) => Math.hypot(...p) > 1);
    const narrow = width < 520, size = narrow ? Math.min(width, 330) : Math.min(0.49 * width, 330);
    const shift = narrow ? `0 ${size + 26}` : `${width - size} 0`;
    const markup = `${this.plane(4, size, disc(z), before, out, "λ", this.say("before the gate", "加门之前"))}
      <g transform="translate(${shift})">${this.plane(2, size, { centre: 0, radius: 1 }, now, out, "μ", this.say("after it", "加门之后"))}</g>`;
    const key = [
      [() => `<circle cx="18" cy="8" r="7" style="fill: var(--blue); fill-opacity: .14; stroke: var(--blue)" stroke-width="2"/>`,
        this.say("stable: λ before the gate, |μ| < 1 after it", "稳定区域：加门之前的 λ，加门之后 |μ| < 1")],
      [() => `<circle cx="18" cy="8" r="4" style="fill: var(--blue)"/>`, this.say("stable eigenvalue", "稳定的特征值")],
      [() => `<path d="M14 4l8 8m0 -8l-8 8" stroke="var(--orange)" stroke-width="2"/>`, this.say("unstable eigenvalue", "不稳定的特征值")]];
    return { height: narrow ? 2 * size + 42 : size + 14, markup, key, inWords: this.inWords(before, now, out, z, gain) };
  }

  inWords(before, now, out, z, gain) {
    const { radius, critical } = xg.eigenvalueSlide, number = xg.number, count = out.filter(Boolean).length;
    const rho = radius(now), stuck = before.filter((p) => critical(p) === 1).length;
    const most = Math.max(...before.map(critical)), all = before.length;
    const cure = stuck
      ? this.say(`${stuck} eigenvalues have Re λ ≥ 1: no gate below 1 brings them in.`, `有 ${stuck} 个特征值满足 Re λ ≥ 1：小于 1 的门都无法使其稳定。`)
      : this.say(`All are stable for z > ${number(most)}.`, `z > ${number(most)} 时全部稳定。`);
    return this.say(`z = ${z.toFixed(2)}, g = ${number(gain)}: ${count} of ${all} eigenvalues are unstable, spectral radius ${number(rho)}. `,
      `z = ${z.toFixed(2)}，g = ${number(gain)}：${all} 个特征值中有 ${count} 个不稳定，谱半径 ${number(rho)}。`)
      + this.say(`A hundred steps make ${number(rho ** 100)} of the largest mode.\n`, `一百步之后最大的模态变为 ${number(rho ** 100)} 倍。\n`) + cure;
  }
});
