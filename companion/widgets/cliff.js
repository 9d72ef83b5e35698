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

  // The first step out of the picture and the place where it crosses the edge.
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

// Led by `lead`, for the top of a page: one slider and the ring, and words in one line.
xg.define("xg-cliff", class extends xg.Figure {
  static high = 420;
  static FINE = [200, 160];
  static COARSE = [60, 48];

  setup() {
    const { steps, threshold, learning_rate, start, lead } = this.options;
    const fixed = (value) => ({ chosen: value });
    this.threshold = this.slider(lead ? this.say("Clip the gradient at θ", "裁剪阈值θ") : this.say("Threshold θ", "裁剪阈值θ"),
      [0.01, 0.03, 0.1, 0.3, 1, 3, 10, Infinity], threshold ?? Infinity,
      (v) => (v === Infinity ? this.say("none", "无") : xg.number(v)));
    this.rate = lead ? fixed(learning_rate) : this.slider(this.say("Learning rate η", "学习率η"),
      [0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1], learning_rate);
    this.steps = lead ? fixed(steps) : this.slider(this.say("Horizon T", "时域长度T"), xg.list(46, (i) => 5 + i), steps);
    if (!lead) this.resetButton(() => { this.start = start; });
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

  // The shade of a pixel: log₁₀ ‖∇E‖ from −3, dark, to 1, bright.
  shade([columns, rows], steps) {
    const { WINDOW: { w: [west, east], b: [south, north] }, evaluate, wall } = xg.cliff;
    return (i, j) => {
      const w = west + ((i + 0.5) / columns) * (east - west);
      const middle = north - ((j + 0.5) / rows) * (north - south);
      // The wall is thinner than a pixel: the pixel that holds it shows its height.
      const hit = Math.abs(wall(w) - middle) <= (north - south) / rows / 2;
      return (Math.log10(evaluate([w, hit ? wall(w) : middle], steps).norm) + 3) / 4;
    };
  }

  // The fine map takes a slow phone a second: a coarse one comes at once, then the fine
  // one, a few rows at a time while the browser is idle.
  heatMap(steps) {
    if (this.painted !== steps) {
      const { COARSE, FINE } = this.constructor, shade = this.shade(FINE, steps), fine = [];
      this.painted = steps;
      this.image = xg.heat(...COARSE, this.shade(COARSE, steps));
      const [columns, rows] = FINE, idle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 16));
      const slice = () => {
        if (this.painted !== steps) return;
        for (const end = fine.length + 4 * columns; fine.length < end;)
          fine.push(shade(fine.length % columns, Math.floor(fine.length / columns)));
        if (fine.length < columns * rows) return void idle(slice);
        this.image = xg.heat(columns, rows, (i, j) => fine[j * columns + i]);
        this.update();
      };
      idle(slice);
    }
    return this.image;
  }

  draw(panel) {
    const { WINDOW, wall, onset, descend, exit } = xg.cliff;
    const steps = this.steps.chosen, threshold = this.threshold.chosen, rate = this.rate.chosen;
    const axes = xg.axes(panel, { range: WINDOW.w, label: "w" }, { range: WINDOW.b, label: "b" });
    this.axes = axes;
    const free = descend(this.start, { steps, threshold: Infinity, rate });
    const clipped = descend(this.start, { steps, threshold, rate });

    // Over a map of all brightnesses each line has an edge of the other colour.
    const two = (...pens) => (d) => pens.map((pen) => pen(d)).join("");
    const white = two(xg.pen("#000", 4), xg.pen("#fff", 2));
    const orange = two(xg.pen("#fff", 4.5), xg.pen("#c04a00", 2.5, "dashed"));
    const black = two(xg.pen("#fee838", 4), xg.pen("#000", 1.2));
    const beads = two(xg.spots("#000", 6), xg.spots("#fff", 3.5)), gates = two(xg.spots("#fff", 14), xg.spots("#c04a00", 10));
    const ring = (point) => xg.ring(point, "#000", 5) + xg.ring(point, "#fff", 2.5);
    const places = (path) => path.points.map(axes.place);
    const wallBetween = (...ws) => xg.line(ws.map((w) => axes.place([w, wall(w)])));
    const limited = threshold !== Infinity, paths = limited ? [free, clipped] : [free];
    const [x, y] = axes.place(this.start), [starX, starY] = axes.place([onset, wall(onset)]);
    const [w, b] = this.start;
    Object.assign(this.handle.style, { left: `${x}px`, top: `${y}px` });
    Object.assign(this.handle, { ariaValueNow: w, ariaValueText: `w = ${xg.number(w)}, b = ${xg.number(b)}` });
    const picture = `${axes.markup}${xg.heatMap(axes, this.heatMap(steps), ["‖∇E‖ 10⁻³", "10"])}
      ${xg.clip(axes, `${xg.pen("#000", 1.2)(wallBetween(onset, 8))}
        ${xg.pen("#fff", 2, "dotted")(wallBetween(3, onset))}${orange(xg.line(places(free)))}
        ${limited ? white(xg.line(places(clipped))) : ""}${beads(places(limited ? clipped : free))}`)}
      ${gates(paths.map((path) => exit(path.points)).filter(Boolean).map(({ edge }) => axes.place(edge)))}
      <text x="${starX}" y="${starY}" font-size="24" text-anchor="middle" dominant-baseline="central"
        fill="#fff" stroke="#000" stroke-width="3" paint-order="stroke">★</text>${ring([x, y])}`;
    const key = [
      [black, this.say("the wall b = ½ − w·s(½), from ★ on", "墙b = ½ − w·s(½)，自★起")],
      [orange, this.say("without clipping", "不裁剪")],
      ...(limited ? [[(d) => white(d) + beads([[6, 8], [18, 8], [30, 8]]), this.say(`clipped at θ = ${threshold}`, `按范数裁剪，θ = ${threshold}`)]] : []),
      [() => ring([18, 8]), this.say("start: drag it, or use the arrow keys", "起点：可拖动，或用方向键")]];
    return { pictures: [picture], key, inWords: this.options.lead ? this.inShort(free, clipped) : this.inWords(free, clipped) };
  }

  inShort(free, clipped) {
    const tell = (path) => {
      const leaves = xg.cliff.exit(path.points), longest = xg.number(path.largest);
      return leaves ? this.say(`leaves the picture at step ${leaves.step}`, `在第${leaves.step}步飞出画面`)
        : this.say(`stays in the picture, its longest step ${longest}`, `留在画面内，最长一步${longest}`);
    };
    return this.say(`Plain descent ${tell(free)}.`, `普通梯度下降${tell(free)}。`)
      + (this.threshold.chosen === Infinity ? "" : this.say(` Clipped, it ${tell(clipped)}.`, `裁剪之后${tell(clipped)}。`));
  }

  inWords(free, clipped) {
    const n = xg.number, { exit, onset, wallHeight } = xg.cliff;
    const steps = this.steps.chosen, threshold = this.threshold.chosen, rate = this.rate.chosen;
    const tell = (name, path, bound) => {
      const leaves = exit(path.points), at = `(w, b) = (${path.farthest.map(n).join(", ")})`;
      return this.say(
        `${name}: largest of 100 steps ${n(path.largest)}${bound}, farthest from the start ${n(path.distance)}, final loss ${n(path.loss)}`
        + (leaves ? `; step ${leaves.step} leaves the picture, the farthest point is ${at}.\n` : ".\n"),
        `${name}：100步中最长的一步${n(path.largest)}${bound}，离起点最远${n(path.distance)}，最终损失${n(path.loss)}`
        + (leaves ? `；第${leaves.step}步离开画面，最远到${at}。\n` : "。\n"));
    };
    const bound = `ηθ = ${n(rate)} × ${n(threshold)} = ${n(rate * threshold)}`;
    const [w, b] = this.start.map(n), height = n(wallHeight(this.start[0], steps));
    const steep = this.start[0] > onset;
    return this.say(`Start w = ${w}, b = ${b}.\n`, `起点w = ${w}，b = ${b}。\n`)
      + (threshold === Infinity ? "" : tell(this.say("Clipped", "裁剪"), clipped,
        this.say(` (bound ${bound})`, `（上界${bound}）`)))
      + tell(this.say("Not clipped", "不裁剪"), free, "")
      + this.say(`On the line at this w the closed form gives ‖∇E‖ = ${height}; with T it ${steep ? "grows exponentially" : "stays bounded: no wall here"}.`,
        `由闭式，在此w处线上‖∇E‖ = ${height}；它随T${steep ? "指数增长" : "保持有界：此处没有墙"}。`);
  }
});
