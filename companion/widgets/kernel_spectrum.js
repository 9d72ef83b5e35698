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
    const waves = Array.from({ length: n }, (_, i) => (i - Math.floor(n / 2)) / n);
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
  function random(seed) {
    let state = (seed * 2654435761 + 12345) >>> 0;
    return Array.from({ length: 9 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.round(40 * (state / 2 ** 32) - 20) / 10;
    });
  }

  // From dark blue over grey to yellow, nearly as matplotlib's cividis; t from 0 to 1.
  function colour(t) {
    const stops = [[0, 34, 78], [53, 69, 108], [102, 105, 112], [148, 142, 119], [200, 184, 102], [254, 232, 56]];
    const x = Math.min(Math.max(t, 0), 1) * 5, i = Math.min(Math.floor(x), 4);
    return `rgb(${stops[i].map((c, k) => Math.round(c + (x - i) * (stops[i + 1][k] - c))).join(",")})`;
  }

  return { gain, gains, size, extremes, presets, random, colour };
})();

xg.define("xg-kernel-spectrum", class extends xg.Figure {
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
    this.cells = Array.from({ length: 9 }, (_, i) => {
      const cell = Object.assign(document.createElement("input"), { type: "number", step: 0.1 });
      const [row, column] = [Math.floor(i / 3) + 1, (i % 3) + 1];
      cell.setAttribute("aria-label", this.say(`tap in row ${row}, column ${column}`, `第 ${row} 行第 ${column} 列的权重`));
      cell.addEventListener("input", () => { this.preset.value = "own"; this.update(); });
      grid.append(cell);
      return cell;
    });
    this.form.append(grid);
    this.take(presets[this.preset.value]);
  }

  take(taps = this.preset.value === "random" ? xg.kernelSpectrum.random(this.seed) : undefined) {
    taps?.forEach((tap, i) => { this.cells[i].value = +tap.toFixed(3); });
    this.update();
  }

  // The fields hold rounded numbers; an unchanged preset is computed from its own.
  get taps() {
    return xg.kernelSpectrum.presets[this.preset.value]
      ?? this.cells.map((cell) => (Number.isFinite(cell.valueAsNumber) ? cell.valueAsNumber : 0));
  }

  draw(width) {
    const { gains, extremes, colour } = xg.kernelSpectrum, n = this.constructor.SIDE;
    const taps = this.taps, all = gains(taps, n), found = extremes(taps, n);
    const side = Math.min(width - 90, 300), top = found.largest || 1;
    const x0 = 44, y0 = 10, step = side / n;
    const pixels = all.flatMap((row, i) => row.map((value, j) =>
      `<rect x="${(x0 + j * step).toFixed(2)}" y="${(y0 + i * step).toFixed(2)}" width="${(step + 0.3).toFixed(2)}" height="${(step + 0.3).toFixed(2)}" fill="${colour(value / top)}"/>`)).join("");
    const marks = [[0, "−½"], [0.5, "0"], [1, "½"]].map(([t, text]) => `
      <text x="${x0 + t * side}" y="${y0 + side + 18}" text-anchor="middle">${text}</text>
      <text x="${x0 - 7}" y="${y0 + t * side + 5}" text-anchor="end">${text}</text>`).join("");
    const bar = Array.from({ length: 40 }, (_, i) =>
      `<rect x="${x0 + side + 12}" y="${(y0 + side * (1 - (i + 1) / 40)).toFixed(2)}" width="12" height="${(side / 40 + 0.3).toFixed(2)}" fill="${colour((i + 0.5) / 40)}"/>`).join("");
    const scale = `<text x="${x0 + side + 28}" y="${y0 + 10}">${xg.number(found.largest)}</text>
      <text x="${x0 + side + 28}" y="${y0 + side}">0</text>`;
    const markup = `<g shape-rendering="crispEdges">${pixels}${bar}</g>${scale}${marks}
      <text x="${x0 + side / 2}" y="${y0 + side + 36}" text-anchor="middle">${this.say("frequency, cycles per pixel", "频率，周期 / 像素")}</text>`;
    return { height: side + 56, markup, key: [], inWords: this.inWords(found) };
  }

  inWords({ largest, smallest, norm, bound }) {
    const number = (x) => xg.number(Math.abs(x) < 1e-12 ? 0 : x);
    const ratio = norm ? number(largest / norm) : "–";
    return this.say(
      `Gain: largest ${number(largest)}, smallest ${number(smallest)}.\nNorm of the nine taps ${number(norm)}; no gain exceeds 3 × ${number(norm)} = ${number(bound)}. Largest gain / norm of the taps: ${ratio}.`,
      `增益：最大 ${number(largest)}，最小 ${number(smallest)}。\n九个权重的范数 ${number(norm)}；任何增益都不超过 3 × ${number(norm)} = ${number(bound)}。最大增益 / 权重范数：${ratio}。`);
  }
});
