// Layers that blur a picture of 32 × 32 pixels, which closes around its edges.
xg.blur ??= (() => {
  const SIDE = 32;

  const bar = () => Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
    const row = Math.floor(i / SIDE), column = i % SIDE;
    return row >= 8 && row < 24 && column >= 14 && column < 18 ? 1 : 0;
  });
  const pixel = () => Float64Array.from({ length: SIDE * SIDE }, (_, i) => (i === 16 * SIDE + 16 ? 1 : 0));

  function layer(x, h) {
    const y = new Float64Array(x.length);
    for (let row = 0; row < SIDE; row++) {
      const up = SIDE * ((row + SIDE - 1) % SIDE), down = SIDE * ((row + 1) % SIDE), here = SIDE * row;
      for (let column = 0; column < SIDE; column++) {
        const left = here + ((column + SIDE - 1) % SIDE), right = here + ((column + 1) % SIDE);
        const around = x[up + column] + x[down + column] + x[left] + x[right];
        y[here + column] = x[here + column] + h * (around - 4 * x[here + column]);
      }
    }
    return y;
  }

  // The layer is symmetric, so the gradient of a pixel is that pixel, blurred.
  function through(x, h, layers) {
    for (let k = 0; k < layers; k++) x = layer(x, h);
    return x;
  }

  const norm = (x) => Math.hypot(...x);
  return { SIDE, bar, pixel, through, norm };
})();

xg.define("xg-blur", class extends xg.Figure {
  static shapes = ["square", "square"];
  static high = 340;
  static LEVELS = 8;

  setup() {
    const { step, layers } = this.options;
    this.step = this.slider(this.say("Step h", "步长h"), xg.list(51, (i) => (i + 10) / 200), step);
    const depths = [1, 2, 5, 10, 20, 30, 50, 75, 100, 150, 200, 250, 300, 350, 400];
    this.layers = this.slider(this.say("Layers", "层数"), depths, layers);
    this.resetButton();
  }

  // One path for each shade: blue where positive, orange where negative.
  tile(x, title, { width, height }) {
    const { SIDE } = xg.blur, { LEVELS } = this.constructor;
    const most = x.reduce((best, v) => Math.max(best, Math.abs(v)), 0);
    const top = 26, side = Math.min(width - 12, height - top), size = side / SIDE, shades = {};
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0, run; column < SIDE; column += run) {
        const level = (i) => Math.round((LEVELS * x[SIDE * row + i]) / most), here = level(column);
        for (run = 1; column + run < SIDE && level(column + run) === here;) run++;
        const [left, wide] = [6 + column * size, run * size].map((v) => v.toFixed(1));
        shades[here] ??= [];
        shades[here].push(`M${left} ${(top + row * size).toFixed(1)}h${wide}v${size.toFixed(1)}h-${wide}z`);
      }
    }
    const paths = Object.entries(shades).filter(([shade]) => +shade !== 0).map(([shade, parts]) =>
      `<path d="${parts.join("")}" shape-rendering="crispEdges" style="fill: var(--${shade > 0 ? "blue" : "orange"});
        fill-opacity: ${Math.abs(shade) / LEVELS}"/>`);
    const frame = `<rect x="6" y="${top}" width="${side}" height="${side}" fill="none" stroke="currentColor" opacity=".5"/>`;
    return `<text x="6" y="16">${title}</text>${paths.join("")}${frame}`;
  }

  draw(output, gradient) {
    const { bar, pixel, through, norm } = xg.blur, { number } = xg;
    const h = this.step.chosen, layers = this.layers.chosen;
    const picture = through(bar(), h, layers), g = through(pixel(), h, layers);
    const pictures = [this.tile(picture, this.say("output", "输出"), output),
      this.tile(g, this.say("gradient of the central pixel", "中心像素的梯度"), gradient)];
    const swatch = (ink) => () => `<rect x="8" y="2" width="20" height="12" style="fill: var(--${ink})"/>`;
    const key = [[swatch("blue"), this.say("positive", "正")], [swatch("orange"), this.say("negative", "负")]];
    const [low, high] = [Math.min(...picture), Math.max(...picture)].map(number), size = number(norm(g));
    const inWords = this.say(
      `After ${layers} layers at h = ${number(h)} the output reaches from ${low} to ${high}.\nNorm of the gradient: ${size}.`,
      `h = ${number(h)}，${layers}层之后，输出在${low}与${high}之间。\n梯度的范数：${size}。`);
    return { pictures, key, inWords };
  }
});
