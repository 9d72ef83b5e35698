// How far off a guess was, in words: a factor on a logarithmic scale, else a difference.

function inWords({ kind, answer, unit, range }, { guess, skipped }) {
  if (kind === "choice") {
    if (skipped) return say("The answer is marked.", "答案已标出。");
    return guess === answer
      ? say("✓ Right.", "✓ 猜对了。")
      : say("✗ Not this one: the right one is marked.", "✗ 不是这一项：正确的一项已标出。");
  }
  const truth = shown(answer) + unit, mine = shown(guess) + unit;
  if (skipped) return say(`It is ${truth}.`, `答案是${truth}。`);
  const start = say(`It is ${truth}; you said ${mine}: `, `答案是${truth}，你猜${mine}：`);
  if (isClose(kind, answer, guess, range)) return start + say("as good as right.", "几乎分毫不差。");
  const side = guess > answer ? say("too high", "偏大") : say("too low", "偏小");
  if (kind === "log") {
    const factor = shown(Math.max(guess / answer, answer / guess), 2);
    return start + side + say(` by a factor of ${factor}.`, `，差${factor}倍。`);
  }
  const gap = shown(Math.abs(guess - answer), 2) + unit;
  return start + side + say(` by ${gap}.`, `${gap}。`);
}

// Within a quarter of the number, or a fiftieth of the scale.
function isClose(kind, answer, guess, [low, high]) {
  return kind === "log"
    ? Math.abs(Math.log10(guess / answer)) < 0.1
    : Math.abs(guess - answer) <= 0.02 * (high - low);
}
