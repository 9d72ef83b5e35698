// Which tanh networks learn: measured points by gain and depth, and what theory draws.
xg.stabilityAtlas ??= (() => {
  // The depth at which a gradient whose square changes by `factor` a layer has changed by e³.
  const wall = (factor) => 6 / Math.abs(Math.log(factor));
  return { wall };
})();

xg.define("xg-stability-atlas", class extends xg.Figure {
  static shapes = ["wide", "wide"];

  setup() {
    const { points, depths, gains, remedy, depth, gain, cell } = this.options;
    const names = { plain: "不用", clip: "裁剪到1", orthogonal: "正交初始化", residual: "残差连接", "layer norm": "层归一化" };
    const shown = Object.fromEntries(Object.keys(points).map((name) => [name, this.say(name, names[name])]));
    this.remedy = this.select(this.say("Remedy", "对策"), shown, remedy);
    this.gain = this.slider(this.say("Gain of the weights", "权重增益"), gains, gain);
    this.depth = this.slider(this.say("Depth L", "深度L"), depths, depth);
    if (cell) this.linkTo(cell);
  }

  linkTo(cell) {
    const link = Object.assign(document.createElement("a"),
      { href: `#${cell}`, textContent: this.say("Remake this point", "重做这一点") });
    link.style.color = "inherit";
    this.form.append(link);
  }

  table(remedy) {
    const { points, depths, gains } = this.options, { median, worst, ratio } = points[remedy];
    return depths.flatMap((depth, i) => gains.map((gain, j) =>
      ({ depth, gain, loss: median[i][j], worst: worst[i][j], ratio: ratio[i][j] })));
  }

  spots(points, place, size, style = "round") {
    return [["blue", true], ["orange", false]].map(([ink, learnt]) => {
      const chosen = points.filter(({ loss }) => (loss < this.options.threshold) === learnt);
      return chosen.length ? xg.pen(ink, size, style)(xg.dots(chosen.map(place))) : "";
    }).join("");
  }

  draw(map, cloud) {
    const { factors, points } = this.options, { wall } = xg.stabilityAtlas;
    const remedy = this.remedy.value, own = this.table(remedy);
    const at = own.find(({ depth, gain }) => depth === this.depth.chosen && gain === this.gain.chosen);
    const theory = xg.pen("text", 2, "dashed");
    const here = xg.axes(map, { range: [0, 3], tick: 1, label: this.say("gain", "增益") },
      { range: [1, 100], log: true, label: this.say("depth L", "深度L") });
    const side = (keep) => xg.line(factors.filter(([g, f]) => keep(g) && wall(f) < 1e4).map(([g, f]) => here.place([g, wall(f)])));
    const onMap = ({ gain, depth }) => here.place([gain, depth]);
    const there = xg.axes(cloud, { range: [-12, 8], tick: 4, label: this.say("log₁₀ of first / last gradient", "首末梯度之比，log₁₀") },
      { range: [0, 3], tick: 1, label: this.say("loss after 50 steps", "50步之后的损失") });
    const onCloud = ({ ratio, loss }) => there.place([ratio, loss]);
    const rest = Object.keys(points).filter((name) => name !== remedy).flatMap((name) => this.table(name));
    const pictures = [
      `${here.markup}${xg.clip(here, theory(side((g) => g < 1)) + theory(side((g) => g > 1)))}
        ${this.spots(own, onMap, 11)}${xg.ring(onMap(at))}`,
      `${there.markup}${xg.pen("text", 1, "dotted")(there.level(Math.log(10)))}
        <g opacity=".35">${this.spots(rest, onCloud, 5)}</g>${this.spots(own, onCloud, 8)}${xg.ring(onCloud(at))}`];
    const key = [
      [xg.spotsKey("blue", 8), this.say("learns", "能学习")], [xg.spotsKey("orange", 8), this.say("does not", "不能")],
      [theory, this.say("theory: a gradient changed twentyfold", "理论：梯度改变二十倍")],
      [xg.pen("text", 1, "dotted"), this.say("guessing", "瞎猜")]];
    return { pictures, key, inWords: this.inWords(remedy, at) };
  }

  inWords(remedy, { depth, gain, loss, worst, ratio }) {
    const [middle, most, power] = [loss, worst, ratio].map(xg.number);
    return this.say(
      `${remedy}, depth ${depth}, gain ${gain}: first over last gradient 10^${power}; loss ${middle}, the worst of five ${most}.${this.options.cell ? `\nTo remake it: remedy, depth, gain = "${remedy}", ${depth}, ${gain}` : ""}`,
      `深度${depth}，增益${gain}：首末梯度之比为10的${power}次方；损失${middle}，五次中最差${most}。`);
  }
});
