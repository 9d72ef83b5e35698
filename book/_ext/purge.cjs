// Print what of a style sheet the pages and scripts of a site can use.
//
//   node book/_ext/purge.cjs SITE SHEET
const { PurgeCSS } = require("purgecss");

const [site, sheet] = process.argv.slice(2);
new PurgeCSS()
  .purge({ content: [`${site}/**/*.html`, `${site}/_static/**/*.js`], css: [sheet] })
  .then(([{ css }]) => process.stdout.write(css));
