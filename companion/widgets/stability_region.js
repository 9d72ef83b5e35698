// One step multiplies an eigenvector by R(hμ): where |R| < 1 the numbers die out.
xg.stability ??= (() => {
  // Complex numbers are pairs.
  const { identity, times: product, act } = xg.mat2;
  const times = ([a, b], [c, d]) => [a * c - b * d, a * d + b * c];
  const over = ([a, b], [c, d]) => times([a, b], [c / (c * c + d * d), -d / (c * c + d * d)]);
  const modulus = ([a, b]) => Math.hypot(a, b);

  // 1 + z (1 + z/2 (1 + z/3 (1 + z/4))): the exponential series, cut after `terms`.
  function series(z, terms) {
    let sum = [1, 0];
    for (let j = terms; j > 0; j--) {
      const [a, b] = times(z, sum);
      sum = [1 + a / j, b / j];
    }
    return sum;
  }

  const factors = {
    forward_euler: (z) => [1 + z[0], z[1]],
    backward_euler: (z) => over([1, 0], [1 - z[0], -z[1]]),
    trapezoid: ([a, b]) => over([1 + a / 2, b / 2], [1 - a / 2, -b / 2]),
    rk4: (z) => series(z, 4),
  };

  const plusIdentity = ([p, q, r, s], factor) => [1 + factor * p, factor * q, factor * r, 1 + factor * s];
  const inverse = ([p, q, r, s]) => [s, -q, -r, p].map((entry) => entry / (p * s - q * r));

  function truncated(A, h, terms) {
    let sum = identity;
    for (let j = terms; j > 0; j--) sum = plusIdentity(product(A, sum), h / j);
    return sum;
  }

  // The matrix R(hA) by which one step of a method multiplies the state.
  const matrices = {
    forward_euler: (A, h) => plusIdentity(A, h),
    backward_euler: (A, h) => inverse(plusIdentity(A, -h)),
    trapezoid: (A, h) => product(inverse(plusIdentity(A, -h / 2)), plusIdentity(A, h / 2)),
    rk4: (A, h) => truncated(A, h, 4),
  };

  // exp(hA): a short series for a small step, then squared again and again.
  function exact(A, h) {
    let E = truncated(A, h / 2 ** 12, 8);
    for (let i = 0; i < 12; i++) E = product(E, E);
    return E;
  }

  // The norms of x, Mx, M²x, … from x = (1, 1) / √2.
  function norms(M, count) {
    let x = [Math.SQRT1_2, Math.SQRT1_2];
    const all = [];
    for (let k = 0; k <= count; k++) {
      all.push(Math.hypot(...x));
      x = act(M, x);
    }
    return all;
  }

  const systems = {
    spiral: { A: [-1, 3, -3, -1], mu: [[-1, 3], [-1, -3]] },
    stiff: { A: [-1, 0, 0, -20], mu: [[-1, 0], [-20, 0]] },
    rotation: { A: [0, 2, -2, 0], mu: [[0, 2], [0, -2]] },
    shear: { A: [-1, 100, 0, -2], mu: [[-1, 0], [-2, 0]] },
  };

  const radius = (method, mu, h) =>
    Math.max(...mu.map(([a, b]) => modulus(factors[method]([h * a, h * b]))));

  // From this step on some mode is no longer damped; 0 if it never is.
  function criticalOf(method, [a, b]) {
    if (method === "forward_euler") return (2 * Math.max(0, -a)) / (a * a + b * b);
    if (method !== "rk4") return method === "trapezoid" && a === 0 ? 0 : Infinity;
    const outside = (h) => modulus(series([h * a, h * b], 4)) > 1 + 1e-12;
    const unit = 1 / Math.hypot(a, b);
    let low = 0.5 * unit;
    while (!outside(low + 0.01 * unit)) low += 0.01 * unit;
    let high = low + 0.01 * unit;
    for (let i = 0; i < 50; i++) {
      const middle = (low + high) / 2;
      if (outside(middle)) high = middle;
      else low = middle;
    }
    return low;
  }
  const criticalStep = (method, mu) => Math.min(...mu.map((m) => criticalOf(method, m)));

  // The curve |R(z)| = 1: a line, a circle, or R(z) = e^{it} followed by Newton's method.
  function boundary(method) {
    if (method === "trapezoid") return [[0, -4], [0, 4]];
    if (method !== "rk4") return xg.circle(method === "forward_euler" ? -1 : 1);
    const curve = [];
    let z = [0, 0];
    for (let i = 0; i <= 400; i++) {
      const t = (i * 8 * Math.PI) / 400;
      for (let j = 0; j < 5; j++) {
        const [a, b] = series(z, 4);
        const [c, d] = over([a - Math.cos(t), b - Math.sin(t)], series(z, 3));
        z = [z[0] - c, z[1] - d];
      }
      curve.push(z);
    }
    return curve;
  }

  return { factors, matrices, exact, norms, systems, radius, criticalStep, boundary };
})();

xg.define("xg-stability-region", class extends xg.Figure {
  static shapes = ["square", "wide"];
  static STEPS = 40;
  static SIDE = 4; // the plane reaches from −4 to 4

  setup() {
    const { method, system, step } = this.options;
    this.method = this.select(this.say("Method", "方法"), {
      forward_euler: this.say("forward Euler", "前向欧拉法"), backward_euler: this.say("backward Euler", "后向欧拉法"),
      trapezoid: this.say("trapezoid", "梯形法"), rk4: this.say("Runge-Kutta 4", "四阶龙格-库塔法"),
    }, method);
    this.system = this.select(this.say("System", "系统"), {
      spiral: this.say("spiral, μ = −1 ± 3i", "螺旋，μ = −1 ± 3i"), stiff: this.say("stiff, μ = −1, −20", "刚性，μ = −1, −20"),
      rotation: this.say("rotation, μ = ±2i", "旋转，μ = ±2i"), shear: this.say("non-normal, μ = −1, −2", "非正规，μ = −1, −2"),
    }, system);
    this.step = this.slider(this.say("Step h", "步长h"), xg.list(47, (i) => 10 ** (i / 20 - 2)), step);
  }

  plane(method, mu, h, panel, edge) {
    const { SIDE } = this.constructor, range = [-SIDE, SIDE];
    const axes = xg.axes(panel, { range, tick: 2, label: "Re hμ" }, { range, tick: 2, label: "Im hμ" });
    const { X, left, right, top, bottom, place } = axes;
    const curve = xg.line(xg.stability.boundary(method).map(place));
    const all = `M${left} ${top}H${right}V${bottom}H${left}Z`;
    const region = { forward_euler: curve, rk4: curve, backward_euler: all + curve,
      trapezoid: `M${left} ${top}H${X(0)}V${bottom}H${left}Z` }[method];
    // From the origin to far outside of the picture, which cuts them off.
    const rays = mu.map(([a, b]) => xg.line([[0, 0], [40 * a, 40 * b]].map(place))).join("");
    return axes.markup + xg.clip(axes, `
      <path d="${region}" fill-rule="evenodd" style="fill: var(--blue); fill-opacity: .22"/>
      ${xg.pen("text", 1, "faint")(axes.upright(0))}${edge(curve)}${xg.pen("text", 1, "dotted")(rays)}
      ${xg.spots("orange", 12)(mu.map(([a, b]) => place([h * a, h * b])))}`);
  }

  growth(found, wanted, panel, exact) {
    const axes = xg.axes(panel, { range: [0, this.constructor.STEPS], tick: 10, label: this.say("step k", "步数k") },
      { range: [-6, 6], tick: 3, label: this.say("log₁₀ of the norm", "范数的log₁₀") });
    // What is cut off anyway may stand anywhere outside of the picture.
    const place = (value, k) => axes.place([k, Math.max(-9, Math.min(9, Math.log10(value)))]);
    return axes.markup + xg.clip(axes, exact(xg.line(wanted.map(place))) + xg.spots("orange", 6)(found.map(place)), 5);
  }

  draw(plane, growth) {
    const { matrices, exact, norms, systems } = xg.stability, { STEPS } = this.constructor;
    const method = this.method.value, h = this.step.chosen, { A, mu } = systems[this.system.value];
    const found = norms(matrices[method](A, h), STEPS), wanted = norms(exact(A, h), STEPS);
    const edge = xg.pen("blue", 2.5), equation = xg.pen("text", 2, "dashed");
    const pictures = [this.plane(method, mu, h, plane, edge), this.growth(found, wanted, growth, equation)];
    const key = [
      [edge, this.say("|R(z)| = 1, shaded where below", "|R(z)| = 1，小于1处着色")],
      [() => xg.spots("orange", 10)([[18, 8]]), this.say("hμ, and the norm after k steps", "hμ与k步之后的范数")],
      [equation, this.say("the differential equation itself", "微分方程本身")]];
    return { pictures, key, inWords: this.inWords(method, mu, h, found, wanted) };
  }

  inWords(method, mu, h, found, wanted) {
    const { radius, criticalStep } = xg.stability, number = xg.number, { STEPS } = this.constructor;
    const rho = radius(method, mu, h), limit = criticalStep(method, mu), peak = Math.max(...found);
    const bound = limit === Infinity ? this.say("no critical step, each one is stable", "没有临界步长，任何步长都稳定")
      : limit === 0 ? this.say("no step is damped", "任何步长都不衰减")
        : this.say(`critical step ${number(limit)}`, `临界步长${number(limit)}`);
    const verdict = rho > 1 + 1e-9 ? this.say("the steps explode", "数值解爆炸")
      : rho > 1 - 1e-9 ? this.say("the steps neither grow nor die out", "数值解既不增长也不衰减")
        : peak > 2 ? this.say(`the steps die out, but only after a peak of ${number(peak)}`, `数值解终将衰减，但途中峰值达${number(peak)}`)
          : this.say("the steps die out", "数值解衰减");
    const outside = mu.some((m) => m.some((x) => Math.abs(h * x) > this.constructor.SIDE))
      ? this.say(" An eigenvalue is outside the picture.", "有特征值在画面之外。") : "";
    return this.say(`Largest |R(hμ)| = ${number(rho)}; ${bound}. At h = ${number(h)} ${verdict}.${outside}\n`,
      `最大的|R(hμ)| = ${number(rho)}；${bound}。h = ${number(h)}时${verdict}。${outside}\n`)
      + this.say(`Norm after ${STEPS} steps: ${number(found[STEPS])}; of the differential equation: ${number(wanted[STEPS])}.`,
        `${STEPS}步之后的范数：${number(found[STEPS])}；微分方程的：${number(wanted[STEPS])}。`);
  }
});
