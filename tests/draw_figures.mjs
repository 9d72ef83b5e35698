// Draw figures without a browser: every end of every slider with every option of every
// select.  The standard input names scripts and elements, the standard output has a
// line of JSON for each state and width: what was drawn, or what was thrown.
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";

const { scripts, elements, widths } = JSON.parse(readFileSync(0, "utf8"));

// As much of a document as the figures use; what it draws stays text.
class Node {
  constructor(name = "") {
    Object.assign(this, { name, style: {}, attributes: {}, children: [], listeners: {}, dataset: {}, textContent: "" });
  }
  setAttribute(name, value) { this.attributes[name] = String(value); }
  append(...nodes) { this.children.push(...nodes); }
  replaceChildren(...nodes) { this.children = nodes; }
  addEventListener(type, listener) {
    this.listeners[type] ??= [];
    this.listeners[type].push(listener);
  }
  dispatch(type) { for (const listener of this.listeners[type] ?? []) listener({}); }
  getBoundingClientRect() { return { left: 0, top: this.top ?? 0, bottom: (this.top ?? 0) + 400 }; }
  get valueAsNumber() { return Number.parseFloat(this.value); }
}

class Select extends Node {
  append(option) {
    super.append(option);
    if (option.selected || this.value === undefined) this.value = option.value;
  }
}

// A heat map becomes an address that says whether every pixel has a colour.
class Canvas extends Node {
  getContext() {
    return {
      createImageData: (width, height) => ({ data: new Uint8ClampedArray(4 * width * height) }),
      putImageData: ({ data }) => { this.painted = data.every((byte, i) => i % 4 < 3 || byte === 255); },
    };
  }
  toDataURL() { return this.painted ? "data:," : "NaN"; }
}

const NODES = { select: Select, canvas: Canvas };
const defined = {}, idle = [];
let measure, appear;
Object.assign(globalThis, {
  HTMLElement: class extends Node {
    closest() { return { lang: this.lang }; }
    querySelector() { return { textContent: "" }; }
    attachShadow() {
      const parts = Object.fromEntries(["form", ".ruler", ".plot", "svg", ".key", "output"].map((name) => [name, new Node(name)]));
      this.shadowRoot = { querySelector: (name) => parts[name] };
      return this.shadowRoot;
    }
  },
  Option: class extends Node {
    constructor(textContent, value, _, selected) { Object.assign(super("option"), { textContent, value, selected }); }
  },
  customElements: { get: (name) => defined[name], define: (name, type) => { defined[name] = type; } },
  document: { createElement: (name) => new (NODES[name] ?? Node)(name) },
  ResizeObserver: class { constructor(listener) { measure = listener; } observe() {} },
  IntersectionObserver: class {
    constructor(listener) { appear = () => listener([{ isIntersecting: true }]); }
    observe() {}
    disconnect() {}
  },
  requestAnimationFrame: () => 1,
  requestIdleCallback: (work) => { idle.push(work); },
  addEventListener: () => {},
  innerHeight: 900,
});

for (const script of scripts) runInThisContext(script);

// What a reader can set: the ends of a slider, the options of a select.
const choices = (control) =>
  control.name === "select" ? control.children.map((option) => option.value) : [control.min, control.max];

function* states([control, ...rest]) {
  if (!control) yield [];
  else for (const value of choices(control)) for (const others of states(rest)) yield [value, ...others];
}

function shown(figure) {
  const picture = figure.svg;
  return {
    height: picture.attributes.height, markup: picture.innerHTML, label: picture.attributes["aria-label"],
    words: figure.output.textContent,
    key: figure.key.children.map((entry) => [entry.innerHTML, ...entry.children]),
    controls: figure.form.children.flatMap((label) => label.textContent || label.children
      .flatMap((part) => (typeof part === "string" ? part : [part.textContent, ...part.children.map((option) => option.textContent)]))),
  };
}

function set(controls, state) {
  controls.forEach((control, i) => {
    control.value = state[i];
    control.dispatch(control.name === "select" ? "change" : "input");
  });
}

// A figure five screens below the window waits until it gets there.
for (const { tag, options, lang, far } of elements) {
  const figure = Object.assign(new defined[tag](tag), { lang, top: far ? 5000 : 0 });
  figure.dataset.options = JSON.stringify(options);
  const attempt = (state, change) => {
    for (const width of widths) {
      let found;
      try {
        if (width === widths[0]) change();
        figure.ruler.clientWidth = width;
        measure();
        found = shown(figure);
      } catch (error) {
        found = { error: String(error) };
      }
      console.log(JSON.stringify({ tag, lang, width, state, ...found }));
    }
  };
  attempt("first", () => figure.connectedCallback());
  if (far) attempt("near", () => appear());
  else for (const state of states(figure.controls ?? [])) attempt(state, () => set(figure.controls, state));
  attempt("when idle", () => { while (idle.length) idle.shift()(); });
}
