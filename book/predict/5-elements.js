// The three elements.  Without script, or in print, all of them are plain blocks.
//
//   <xg-predict id="predict-LABEL" data-kind="log" data-range="1 1e9" data-answer="3.03e+06"> question </xg-predict>
//   <xg-fold data-for="predict-LABEL"> everything that gives the answer away </xg-fold>
//   <xg-calibration></xg-calibration>

const foldsOf = (id) => document.querySelectorAll(`xg-fold[data-for="${CSS.escape(id)}"]`);

// "until-found": the browser's own search, and a link, still find what is hidden.
class Fold extends HTMLElement {
  connectedCallback() {
    if (!memory.read(this.dataset.for)) this.close();
    this.addEventListener("beforematch", (event) => event.target === this && this.found());
  }

  open() {
    this.removeAttribute("hidden");
  }

  close() {
    this.setAttribute("hidden", "until-found");
  }

  // A search or a link led here: open, and keep no answer.
  found() {
    this.open();
    document.getElementById(this.dataset.for)?.foundBelow?.();
  }
}

class Predict extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    const { kind, answer, range = "", unit = "" } = this.dataset;
    this.kind = kind;
    this.answer = Number(answer.replace("inf", "Infinity"));
    this.unit = /^[a-z]/i.test(unit) ? ` ${unit}` : unit;
    this.range = range.split(" ").map(Number);
    const [low, high] = this.range;
    this.input = kind === "choice"
      ? choiceInput(this.querySelector("ol"), this.id)
      : scaleInput({ low, high, log: kind === "log", unit: this.unit });

    const name = make("legend", { className: "xg-unseen", textContent: this.querySelector(".xg-title").textContent });
    this.fields = make("fieldset", {}, name, ...this.input.nodes);
    const commit = make("button", { type: "submit", className: "xg-commit", textContent: say("Commit", "就猜它") });
    const skip = make("button", { type: "button", className: "xg-skip", textContent: say("just show me", "直接看答案") });
    const hint = make("span", { className: "xg-hint", textContent: say("The section goes on when you have answered.", "作答之后，本节继续。") });
    this.buttons = make("div", { className: "xg-act" }, commit, skip, hint);
    this.result = make("p", { className: "xg-result", tabIndex: -1 });
    this.result.setAttribute("role", "status"); // there, and empty, before it speaks
    const foot = make("div", { className: "xg-foot" }, this.buttons, this.result);
    this.form = make("form", { noValidate: true }, this.fields, foot);
    this.append(this.form);

    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.commit();
    });
    skip.addEventListener("click", () => this.settle({ skipped: true }));
    const before = memory.read(this.id);
    if (before) this.show(before);
  }

  commit() {
    const guess = this.input.value();
    if (!Number.isNaN(guess)) return this.settle({ guess });
    this.result.textContent = this.kind === "choice"
      ? say("Choose one first.", "请先选一项。")
      : say("Set a number first.", "请先给出一个数。");
    this.fields.querySelector("input").focus();
  }

  // The fold opens below: nothing above or beside the reader's hand moves.
  settle(outcome) {
    memory.write(this.id, outcome);
    this.show(outcome);
    this.result.focus({ preventScroll: true });
  }

  show(outcome) {
    this.outcome = outcome;
    this.fields.disabled = true;
    this.classList.add("xg-settled");
    if (!outcome.skipped) this.input.restore(outcome.guess);
    this.input.mark(this.answer);
    this.result.textContent = inWords(this, outcome);
    foldsOf(this.id).forEach((fold) => fold.open());
    document.dispatchEvent(new CustomEvent("xg-settled"));
  }

  foundBelow() {
    if (!this.outcome && this.result) this.result.textContent = say("The answer is open below.", "答案已在下面展开。");
  }
}

// The reader's score, one line at the end of the story.
class Calibration extends HTMLElement {
  connectedCallback() {
    if (this.line) return;
    this.line = make("p");
    this.line.setAttribute("role", "status");
    this.reset = make("button", { type: "button", className: "xg-skip", textContent: say("forget my guesses", "清除我的猜测") });
    this.reset.addEventListener("click", () => {
      document.querySelectorAll("xg-predict").forEach((question) => memory.forget(question.id));
      location.reload();
    });
    this.append(this.line, this.reset);
    document.addEventListener("xg-settled", () => this.update());
    addEventListener("DOMContentLoaded", () => this.update());
  }

  update() {
    const all = [...document.querySelectorAll("xg-predict")];
    const mine = all.filter((question) => question.outcome && !question.outcome.skipped);
    const choices = mine.filter((question) => question.kind === "choice");
    const right = choices.filter((question) => question.outcome.guess === question.answer);
    const factors = mine.filter((question) => question.kind === "log")
      .map(({ outcome, answer }) => Math.max(outcome.guess / answer, answer / outcome.guess))
      .sort((one, two) => one - two);
    const parts = [say(`You committed to ${mine.length} of ${all.length} predictions`, `${all.length}个预测，你作出了${mine.length}个`)];
    if (choices.length) parts.push(say(`${right.length} of ${choices.length} choices right`, `选择题${choices.length}道，答对${right.length}道`));
    if (factors.length) {
      const median = shown(factors[Math.floor((factors.length - 1) / 2)], 2);
      parts.push(say(`numbers off by a factor of ${median} in the median`, `数值的误差，中位数为${median}倍`));
    }
    this.line.textContent = parts.join(say("; ", "；")) + say(".", "。");
    this.reset.hidden = !all.some((question) => question.outcome);
  }
}

customElements.define("xg-fold", Fold);
customElements.define("xg-predict", Predict);
customElements.define("xg-calibration", Calibration);
