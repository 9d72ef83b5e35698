// The logistic map, fitted in pieces: every piece begins at a value of the data.
xg.shooting ??= (() => {
  const TRUE = 3.8, START = 0.3, STEPS = 50, PIECES = [1, 2, 5, 10, 25], POINTS = 4000;

  const data = [START];
  for (let t = 0; t < STEPS; t++) data.push(TRUE * data[t] * (1 - data[t]));

  // The states of each piece, from a value of the data to where the next one begins.
  function shots(r, pieces) {
    const length = STEPS / pieces;
    return xg.list(pieces, (k) => {
      const x = [data[k * length]];
      for (let t = 0; t < length; t++) x.push(r * x[t] * (1 - x[t]));
      return x;
    });
  }

  // The mean squared distance from the data, and its slope by r.
  function misfit(r, pieces) {
    const length = STEPS / pieces;
    let sum = 0, slope = 0;
    for (let k = 0; k < pieces; k++) {
      let x = data[k * length], change = 0;
      for (let t = 1; t <= length; t++) {
        change = x * (1 - x) + r * (1 - 2 * x) * change;
        x = r * x * (1 - x);
        // An inner end is not compared: there the next piece begins.
        if (t === length && k < pieces - 1) break;
        const error = x - data[k * length + t];
        sum += error ** 2;
        slope += 2 * error * change;
      }
    }
    return [sum / (STEPS + 1), slope / (STEPS + 1)];
  }

  const known = {};
  function landscape(pieces) {
    if (known[pieces]) return known[pieces];
    // The true parameter lies between two points: no point is right by luck.
    const rs = xg.list(POINTS, (i) => 3.6 + (0.4 * (i + 0.5)) / POINTS);
    const found = rs.map((r) => misfit(r, pieces)), values = found.map(([value]) => value);
    const minima = values.filter((v, i) => i > 0 && i < POINTS - 1 && v < values[i - 1] && v < values[i + 1]).length;
    known[pieces] = { rs, values, minima, steepest: Math.max(...found.map(([, slope]) => Math.abs(slope))) };
    return known[pieces];
  }

  return { PIECES, STEPS, data, shots, misfit, landscape };
})();

xg.define("xg-shooting", class extends xg.Figure {
  static shapes = ["wide", "wide"];

  setup() {
    const { pieces, guess } = this.options;
    this.pieces = this.slider(this.say("Pieces K", "段数K"), xg.shooting.PIECES, pieces, String);
    this.guess = this.slider(this.say("Guess of r", "r的猜测值"), xg.list(81, (i) => (720 + i) / 200), guess,
      (r) => r.toFixed(3));
    this.resetButton();
  }

  land({ rs, values }, r, here, panel, pen) {
    const axes = xg.axes(panel, { range: [3.6, 4], tick: 0.1, label: "r" },
      { range: [-6, 0], tick: 2, label: this.say("log₁₀ of the misfit", "失配的log₁₀") });
    const place = (x, value) => axes.place([x, Math.max(-6, Math.log10(value))]);
    return `${axes.markup}${pen(xg.line(rs.map((x, i) => place(x, values[i]))))}${xg.ring(place(r, here))}`;
  }

  flights(shots, panel, pen) {
    const { STEPS, data } = xg.shooting, length = STEPS / shots.length;
    const axes = xg.axes(panel, { range: [0, STEPS], tick: 10, label: "t" },
      { range: [0, 1], tick: 0.2, label: this.say("population", "种群") });
    const lines = shots.map((x, k) => xg.line(x.map((value, t) => axes.place([k * length + t, value]))));
    return `${axes.markup}${pen(lines.join(""))}${xg.spots("text", 4)(data.map((value, t) => axes.place([t, value])))}`;
  }

  draw(land, flights) {
    const { landscape, misfit, shots, STEPS } = xg.shooting, { number } = xg;
    const K = this.pieces.chosen, r = this.guess.chosen, all = landscape(K), [here, slope] = misfit(r, K);
    const pens = { land: xg.pen("blue", 1), shot: xg.pen("orange", 1.5) };
    const pictures = [this.land(all, r, here, land, pens.land), this.flights(shots(r, K), flights, pens.shot)];
    const key = [
      [pens.land, this.say("misfit, K pieces", "K段的失配")],
      [pens.shot, this.say("the pieces at your r", "取所选r时的各段")],
      [xg.spotsKey("text", 4), this.say("data", "数据")]];
    const inWords = this.say(
      `${K} ${K > 1 ? "pieces" : "piece"} of ${STEPS / K} steps: ${all.minima} local ${all.minima > 1 ? "minima" : "minimum"} on the grid. At r = ${r.toFixed(3)}: misfit ${number(here)}, slope ${number(slope)}.`,
      `${K}段，每段${STEPS / K}步：网格上有${all.minima}个局部极小值。在r = ${r.toFixed(3)}处，失配为${number(here)}，斜率为${number(slope)}。`);
    return { pictures, key, inWords };
  }
});
