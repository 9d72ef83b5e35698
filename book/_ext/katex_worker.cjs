// One request a line, {tex, display}; one answer a line, {html} or {error}.
const readline = require("node:readline");
const katex = require("katex");

const macros = JSON.parse(process.argv[2] || "{}");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    answer = {
      html: katex.renderToString(tex, {
        displayMode: display,
        throwOnError: true,
        strict: "ignore", // Chinese inside \text{} is meant
        macros: { ...macros }, // a copy: \gdef must not leak into the next formula
      }),
    };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
