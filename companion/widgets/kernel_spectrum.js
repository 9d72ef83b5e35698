// The gain of a 3 × 3 kernel for every wave: |Σ taps[i][j] exp(2πi(iu + jv))|.
xg.kernelSpectrum ??= (() => {
  // u and v are frequencies in cycles per pixel; taps has nine numbers, row by row.
  function gain(taps, u, v) {
    let re = 0, im = 0;
    taps.forEach((tap, i) => {
      const angle = 2 * Math.PI * (u * Math.floor(i / 3) + v * (i % 3));
      re += tap * Math.cos(angle);
      im += tap * Math.sin(angle);
    });
    return Math.hypot(re, im);
  }

  // All gains of an n × n torus, the row of u = −½ or just above it first.
  function gains(taps, n) {
    const waves = xg.list(n, (i) => (i - Math.floor(n / 2)) / n);
    return waves.map((u) => waves.map((v) => gain(taps, u, v)));
  }

  const size = (taps) => Math.hypot(...taps);

  function extremes(taps, n) {
    const all = gains(taps, n).flat();
    return { largest: Math.max(...all), smallest: Math.min(...all), norm: size(taps), bound: 3 * size(taps) };
  }

  const presets = {
    identity: [0, 0, 0, 0, 1, 0, 0, 0, 0],
    box: Array(9).fill(1 / 9),
    laplacian: [0, 1, 0, 1, -4, 1, 0, 1, 0],
    edge: [-1, 0, 1, -2, 0, 2, -1, 0, 1],
  };

  // Nine tenths between −2 and 2, the same for the same seed.
  function taps(seed) {
    const u = xg.random(seed);
    return xg.list(9, () => Math.round(40 * u() - 20) / 10);
  }

  return { gain, gains, size, extremes, presets, taps };
})();

xg.define("xg-kernel-spectrum", class extends xg.Figure {
  static shapes = ["square"];
  static SIDE = 32;

  setup() {
    const { presets } = xg.kernelSpectrum;
    this.seed = 1;
    this.preset = this.select(this.say("Kernel", "卷积核"), {
      identity: this.say("one tap", "单点"), box: this.say("box", "均值"), laplacian: this.say("Laplacian", "拉普拉斯"),
      edge: this.say("edge (Sobel)", "边缘（Sobel）"), random: this.say("random", "随机"), own: this.say("your own", "自定"),
    }, this.options.preset);
    this.preset.addEventListener("change", () => this.take(presets[this.preset.value]));
    this.button(this.say("Draw again", "重新抽取"), () => {
      this.seed += 1;
      this.preset.value = "random";
      this.take();
    });
    const grid = document.createElement("div");
    grid.style.cssText = "display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 4px;";
    this.cells = xg.list(9, (i) => {
      const cell = Object.assign(document.createElement("input"), { type: "number", step: 0.1 });
      const [row, column] = [Math.floor(i / 3) + 1, (i % 3) + 1];
      cell.setAttribute("aria-label", this.say(`tap in row ${row}, column ${column}`, `第${row}行第${column}列的权重`));
      cell.addEventListener("input", () => { this.preset.value = "own"; this.update(); });
      grid.append(cell);
      return cell;
    });
    this.form.append(grid);
    this.take(presets[this.preset.value]);
  }

  take(taps = this.preset.value === "random" ? xg.kernelSpectrum.taps(this.seed) : undefined) {
    taps?.forEach((tap, i) => { this.cells[i].value = +tap.toFixed(3); });
    this.update();
  }

  // The fields hold rounded numbers; an unchanged preset is computed from its own.
  get taps() {
    return xg.kernelSpectrum.presets[this.preset.value]
      ?? this.cells.map((cell) => (Number.isFinite(cell.valueAsNumber) ? cell.valueAsNumber : 0));
  }

  draw(panel) {
    const { gains, extremes } = xg.kernelSpectrum, n = this.constructor.SIDE;
    const all = gains(this.taps, n), found = extremes(this.taps, n), top = found.largest || 1;
    // The middle of a wave's square is its frequency.
    const [low, high] = [-0.5, 0.5].map((end) => end - 0.5 / n);
    const axes = xg.axes(panel, { range: [low, high], tick: 0.5, label: this.say("frequency, cycles per pixel", "频率，周期 / 像素") },
      { range: [high, low], tick: 0.5, label: "" });
    const image = xg.heat(n, n, (j, i) => all[i][j] / top);
    const ends = [this.say("gain 0", "增益0"), xg.number(found.largest)];
    return { pictures: [axes.markup + xg.heatMap(axes, image, ends, "pixelated")], key: [], inWords: this.inWords(found) };
  }

  inWords({ largest, smallest, norm, bound }) {
    const number = (x) => xg.number(Math.abs(x) < 1e-12 ? 0 : x);
    const ratio = norm ? number(largest / norm) : "–";
    return this.say(
      `Gain: largest ${number(largest)}, smallest ${number(smallest)}.\nNorm of the nine taps ${number(norm)}; no gain exceeds 3 × ${number(norm)} = ${number(bound)}. Largest gain / norm of the taps: ${ratio}.`,
      `增益：最大${number(largest)}，最小${number(smallest)}。\n九个权重的范数${number(norm)}；任何增益都不超过3 × ${number(norm)} = ${number(bound)}。最大增益 / 权重范数：${ratio}。`);
  }
});
