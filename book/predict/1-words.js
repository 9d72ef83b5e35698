// What is said in both languages, and numbers as people write and read them.

const chinese = document.documentElement.lang.startsWith("zh");
const say = (english, han) => (chinese ? han : english);

const raised = (power) => String(power).replace(/./g, (digit) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(digit)]);

// 0.0119, 37.1, 1000, 159,775, 3.03 × 10⁶
function shown(x, digits = 3) {
  if (!Number.isFinite(x)) return String(x).replace("Infinity", "∞").replace("-", "−");
  const power = x ? Math.floor(Math.log10(Math.abs(x))) : 0;
  if (power > -4 && power < 6) {
    const text = String(Number(x.toPrecision(digits))).replace("-", "−");
    return power < 4 ? text : text.replace(/\B(?=(\d{3})+$)/g, ",");
  }
  const front = Number((x / 10 ** power).toPrecision(digits));
  return (front === 1 ? "" : `${shown(front)} × `) + `10${raised(power)}`;
}

// 3e6, 3 x 10^6, 3*10**6, 10^6, 3,000,000, −0.2; NaN if it is none of these.
function parsed(text) {
  const plain = text.replace(/[,，\s_]/g, "").replace("−", "-")
    .replace(/[x×*·]10(\^|\*\*)/, "e").replace(/^(-?)10(\^|\*\*)/, "$11e");
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}
