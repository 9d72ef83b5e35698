// Pascanu's cliff: x_t = w s(x_{t-1}) + b with x_0 = 1/2, loss E = (s(x_T) − 0.7)².
xg.cliff ??= (() => {
  const START = 0.5, TARGET = 0.7;
  const WINDOW = { w: [3, 8], b: [-5, -1] };
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const slope = (x) => sigmoid(x) * (1 - sigmoid(x));

  // Forward mode: x and its derivatives by w and b walk through time together.
  function evaluate([w, b], steps) {
    let x = START, byW = 0, byB = 0;
    for (let t = 0; t < steps; t++) {
      const s = sigmoid(x), multiplier = w * s * (1 - s);
      [x, byW, byB] = [w * s + b, s + multiplier * byW, 1 + multiplier * byB];
    }
    const error = sigmoid(x) - TARGET, outer = 2 * error * slope(x);
    const gradient = [outer * byW, outer * byB];
    return { loss: error ** 2, gradient, norm: Math.hypot(...gradient) };
  }

  // On this line x_0 is a fixed point; beyond the onset it is unstable.
  const wall = (w) => START - w * sigmoid(START);
  const onset = 1 / slope(START);

  function wallHeight(w, steps) {
    const m = w * slope(START);
    const sum = m === 1 ? steps : (m ** steps - 1) / (m - 1);
    return 2 * Math.abs(sigmoid(START) - TARGET) * slope(START) * Math.hypot(1, sigmoid(START)) * sum;
  }

  // Gradient descent, each gradient first shortened to `threshold` at most.
  function descend(start, { steps, threshold, rate, updates = 100 }) {
    const points = [start];
    let largest = 0, farthest = start;
    const away = (p) => Math.hypot(p[0] - start[0], p[1] - start[1]);
    for (let k = 0; k < updates; k++) {
      const [w, b] = points[k], { gradient, norm } = evaluate([w, b], steps);
      const scale = rate * (norm > threshold ? threshold / norm : 1);
      const next = [w - scale * gradient[0], b - scale * gradient[1]];
      points.push(next);
      largest = Math.max(largest, scale * norm);
      if (away(next) > away(farthest)) farthest = next;
    }
    const { loss } = evaluate(points[updates], steps);
    return { points, largest, farthest, distance: away(farthest), loss };
  }

  // The first step out of the window and the place where it crosses the edge.
  function exit(points) {
    const bounds = [WINDOW.w, WINDOW.b];
    const outside = (p) => p.some((v, i) => v < bounds[i][0] || v > bounds[i][1]);
    const step = points.findIndex(outside);
    if (step < 1) return null;
    const p = points[step - 1], q = points[step];
    const parts = bounds.flatMap((ends, i) => ends.map((end) => (end - p[i]) / (q[i] - p[i])));
    const part = Math.min(...parts.filter((r) => r >= 0));
    return { step, edge: p.map((v, i) => v + part * (q[i] - v)) };
  }

  return { WINDOW, evaluate, wall, onset, wallHeight, descend, exit };
})();

xg.define("xg-cliff", class extends xg.Figure {
  static CIVIDIS = ["#00224e", "#1a386f", "#434e6c", "#61656f", "#7d7c78",
    "#9b9476", "#bcae6c", "#dec958", "#fee838"];
  static SHADES = [-3, 1]; // log10 ‖∇E‖, darkest and brightest

  setup() {
    const { steps, threshold, learning_rate, start } = this.options;
    const none = this.say("none", "无");
    this.steps = this.slider(this.say("Horizon T", "时间步数 T"),
      Array.from({ length: 46 }, (_, i) => 5 + i), steps);
    this.threshold = this.slider(this.say("Threshold θ", "裁剪阈值 θ"),
      [0.01, 0.03, 0.1, 0.3, 1, 3, 10, Infinity], threshold ?? Infinity,
      (v) => (v === Infinity ? none : xg.number(v)));
    this.rate = this.slider(this.say("Learning rate η", "学习率 η"),
      [0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1], learning_rate);
    this.button(this.say("Reset", "重置"), () => {
      for (const slider of [this.steps, this.threshold, this.rate]) slider.reset();
      this.start = start;
    });
    this.start = start;
    this.addHandle();
  }

  // The start point: a focusable handle over the picture, for hand and keyboard.
  addHandle() {
    this.handle = Object.assign(document.createElement("div"), {
      className: "handle", tabIndex: 0, role: "slider", ariaValueMin: 3, ariaValueMax: 8,
      ariaLabel: this.say("Start point, arrow keys move it", "起点，方向键移动") });
    this.plot.append(this.handle);
    const follow = (event) => {
      const corner = this.plot.getBoundingClientRect();
      this.move(this.axes.X.invert(event.clientX - corner.left), this.axes.Y.invert(event.clientY - corner.top));
    };
    this.svg.addEventListener("click", follow);
    this.handle.addEventListener("pointerdown", (e) => this.handle.setPointerCapture(e.pointerId));
    this.handle.addEventListener("pointermove", (e) => this.handle.hasPointerCapture(e.pointerId) && follow(e));
    this.handle.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!way) return;
      event.preventDefault();
      const size = event.shiftKey ? 0.1 : 0.01;
      this.move(this.start[0] + size * way[0], this.start[1] + size * way[1]);
    });
  }

  move(w, b) {
    const inside = (v, [low, high]) => Math.min(high, Math.max(low, v));
    this.start = [inside(w, xg.cliff.WINDOW.w), inside(b, xg.cliff.WINDOW.b)];
    this.update();
  }

  // A small picture as a data address: one pixel for each value of shade(i, j).
  paint(columns, rows, shade) {
    const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
    const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
    const ramp = this.constructor.CIVIDIS.map((c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)));
    const [low, high] = this.constructor.SHADES;
    for (let p = 0; p < columns * rows; p++) {
      const level = (shade(p % columns, Math.floor(p / columns)) - low) / (high - low);
      const place = 8 * Math.min(1, Math.max(0, level)), k = Math.min(7, Math.floor(place));
      const colour = ramp[k].map((c, i) => c + (place - k) * (ramp[k + 1][i] - c));
      image.data.set([...colour, 255], 4 * p);
    }
    context.putImageData(image, 0, 0);
    return canvas.toDataURL();
  }

  heatMap(steps) {
    if (this.painted !== steps) {
      const { w: [west, east], b: [south, north] } = xg.cliff.WINDOW;
      const columns = 200, rows = 160;
      this.image = this.paint(columns, rows, (i, j) => {
        const w = west + ((i + 0.5) / columns) * (east - west);
        const middle = north - ((j + 0.5) / rows) * (north - south);
        // The wall is thinner than a pixel: the pixel that holds it shows its height.
        const hit = Math.abs(xg.cliff.wall(w) - middle) <= (north - south) / rows / 2;
        const b = hit ? xg.cliff.wall(w) : middle;
        return Math.log10(xg.cliff.evaluate([w, b], steps).norm);
      });
      this.painted = steps;
    }
    return this.image;
  }

  draw(width) {
    const { WINDOW, wall, onset, descend, exit } = xg.cliff;
    const steps = this.steps.chosen, threshold = this.threshold.chosen, rate = this.rate.chosen;
    const height = Math.round(width < 520 ? 0.95 * width : Math.min(0.58 * width, 460));
    const axes = xg.axes(width, height, { range: WINDOW.w, label: "w" }, { range: WINDOW.b, label: "b" });
    const { X, Y, left, right, top, bottom } = (this.axes = axes);
    const free = descend(this.start, { steps, threshold: Infinity, rate });
    const clipped = descend(this.start, { steps, threshold, rate });

    const place = ([w, b]) => [X(w), Y(b)];
    const stroke = (d, colour, size, rest = "") =>
      `<path d="${d}" stroke="${colour}" stroke-width="${size}" stroke-linejoin="round" ${rest}/>`;
    const round = 'stroke-linecap="round"', dashes = 'stroke-dasharray="7 5"';
    const white = (d) => stroke(d, "#000", 4) + stroke(d, "#fff", 2);
    const orange = (d) => stroke(d, "#fff", 4.5) + stroke(d, "#c04a00", 2.5, dashes);
    const black = (d) => stroke(d, "#fee838", 4) + stroke(d, "#000", 1.2);
    const bead = width < 520 ? 5 : 7;
    const beads = (d) => stroke(d, "#000", bead, round) + stroke(d, "#fff", bead - 2.5, round);
    const ring = (x, y) => [["#000", 5], ["#fff", 2.5]].map(([colour, size]) =>
      `<circle cx="${x}" cy="${y}" r="7" fill="none" stroke="${colour}" stroke-width="${size}"/>`).join("");
    const route = ({ points }, look) => look(xg.line(points.map(place)));
    const wallBetween = (...ws) => xg.line(ws.map((w) => place([w, wall(w)])));
    const gate = (path) => {
      const leaves = exit(path.points);
      if (!leaves) return "";
      const d = xg.dots([place(leaves.edge)]);
      return stroke(d, "#fff", 14, round) + stroke(d, "#c04a00", 10, round);
    };
    const [x, y] = place(this.start), [starX, starY] = place([onset, wall(onset)]);
    const [w, b] = this.start;
    Object.assign(this.handle.style, { left: `${x}px`, top: `${y}px` });
    Object.assign(this.handle, { ariaValueNow: w, ariaValueText: `w = ${xg.number(w)}, b = ${xg.number(b)}` });
    const ramp = this.ramp ??= this.paint(64, 1, (i) => -3 + (4 * i) / 63);
    const limited = threshold !== Infinity;
    const markup = `${axes.markup}
      <image href="${this.heatMap(steps)}" x="${left}" y="${top}" width="${right - left}"
        height="${bottom - top}" preserveAspectRatio="none"/>
      <svg x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"
        viewBox="${left} ${top} ${right - left} ${bottom - top}" style="overflow: hidden">
        ${stroke(wallBetween(onset, 8), "#000", 1.2)}
        ${stroke(wallBetween(3, onset), "#fff", 2, 'stroke-dasharray="1 5" stroke-linecap="round"')}
        ${route(free, orange)}
        ${limited ? route(clipped, white) : ""}
        ${beads(xg.dots((limited ? clipped : free).points.map(place)))}
      </svg>
      ${gate(free)}${limited ? gate(clipped) : ""}
      <text x="${starX}" y="${starY}" font-size="24" text-anchor="middle" dominant-baseline="central"
        fill="#fff" stroke="#000" stroke-width="3" paint-order="stroke">★</text>
      ${ring(x, y)}
      <image href="${ramp}" x="${right - 120}" y="6" width="90" height="10" preserveAspectRatio="none"/>
      <text x="${right - 126}" y="15" text-anchor="end">‖∇E‖ 10⁻³</text><text x="${right - 24}" y="15">10</text>`;
    const key = [
      [black, this.say("the wall b = ½ − w·s(½), from ★ on", "墙 b = ½ − w·s(½)，自 ★ 起")],
      [orange, this.say("without clipping", "不裁剪")],
      ...(limited ? [[(d) => white(d) + beads("M6 8h0M18 8h0M30 8h0"), this.say(`clipped at θ = ${threshold}`, `按范数裁剪，θ = ${threshold}`)]] : []),
      [() => ring(18, 8), this.say("start: drag it, or use the arrow keys", "起点：可拖动，或用方向键")]];
    return { height, markup, key, inWords: this.inWords(free, clipped) };
  }

  inWords(free, clipped) {
    const n = xg.number, { exit, onset, wallHeight } = xg.cliff;
    const steps = this.steps.chosen, threshold = this.threshold.chosen, rate = this.rate.chosen;
    const tell = (name, path, bound) => {
      const leaves = exit(path.points), at = `(w, b) = (${path.farthest.map(n).join(", ")})`;
      return this.say(
        `${name}: largest of 100 steps ${n(path.largest)}${bound}, farthest from the start ${n(path.distance)}, final loss ${n(path.loss)}`
        + (leaves ? `; step ${leaves.step} leaves the window, the farthest point is ${at}.\n` : ".\n"),
        `${name}：100 步中最长的一步 ${n(path.largest)}${bound}，离起点最远 ${n(path.distance)}，最终损失 ${n(path.loss)}`
        + (leaves ? `；第 ${leaves.step} 步离开窗口，最远到 ${at}。\n` : "。\n"));
    };
    const bound = `ηθ = ${n(rate)} × ${n(threshold)} = ${n(rate * threshold)}`;
    const [w, b] = this.start.map(n), height = n(wallHeight(this.start[0], steps));
    const steep = this.start[0] > onset;
    return this.say(`Start w = ${w}, b = ${b}.\n`, `起点 w = ${w}，b = ${b}。\n`)
      + (threshold === Infinity ? "" : tell(this.say("Clipped", "裁剪"), clipped,
        this.say(` (bound ${bound})`, `（上界 ${bound}）`)))
      + tell(this.say("Not clipped", "不裁剪"), free, "")
      + this.say(`On the line at this w the closed form gives ‖∇E‖ = ${height}; with T it ${steep ? "grows exponentially" : "stays bounded: no wall here"}.`,
        `由闭式，在此 w 处线上 ‖∇E‖ = ${height}；它随 T ${steep ? "指数增长" : "保持有界：此处没有墙"}。`);
  }
});
