"""The print style of paper and key."""

__all__ = ["STYLE"]

STYLE = """
@page { size: A4; margin: 18mm 18mm 20mm;
  @bottom-center { content: counter(page) " / " counter(pages);
    font: 9pt sans-serif; } }
* { box-sizing: border-box; }
body { font: 10.5pt/1.45 Georgia, "DejaVu Serif", serif; color: #111; margin: 0; }
h1 { font: bold 17pt/1.2 "DejaVu Sans", Arial, sans-serif; margin: 0 0 1mm; }
h2 { font: 9.5pt/1.3 "DejaVu Sans", Arial, sans-serif; display: flex; gap: 2.5mm;
  border-top: .3mm solid #111; padding-top: 1.5mm; margin: 0 0 1.5mm;
  break-after: avoid; }
h2 i { color: #555; font-style: normal; }
h2 span { margin-left: auto; }
p { margin: 0 0 2mm; orphans: 3; widows: 3; }
section { margin: 5mm 0 0; break-inside: avoid; }
.sub { font: 9.5pt "DejaVu Sans", Arial, sans-serif; color: #555; }
.fields { display: flex; gap: 8mm; margin: 4mm 0; font: 9.5pt sans-serif; }
.fields span { flex: 1; border-bottom: .2mm solid #111; padding-bottom: 5mm; }
.rules { border: .2mm solid #999; padding: 2.5mm 3.5mm .5mm; font-size: 9.5pt; }
pre { font: 9pt/1.4 "DejaVu Sans Mono", monospace; background: #f4f4f4;
  margin: 0 0 2.5mm; padding: 2mm 3mm; white-space: pre-wrap;
  break-inside: avoid; }
code { font: 9pt "DejaVu Sans Mono", monospace; }
.katex { font-size: 1.1em; }
.katex-display { margin: 2mm 0; }
.options { list-style: upper-alpha; margin: 0; padding-left: 8mm; }
.options li { padding-left: 1.5mm; margin-bottom: 1mm; break-inside: avoid; }
.options p { margin: 0; }
.answer { margin: 3mm 0 0; font: 9.5pt sans-serif; }
.answer u { display: inline-block; width: 45mm; border-bottom: .2mm solid #111;
  text-decoration: none; }
.answer em { color: #555; font-style: normal; }
.line { height: 8.5mm; border-bottom: .2mm solid #bbb; }
.key { border-left: .6mm solid #0072b2; padding-left: 4mm; margin-top: 2mm; }
.right { font: bold 11pt "DejaVu Sans", Arial, sans-serif; color: #0072b2; }
.source, .key ul, dl { font-size: 9.5pt; }
.source { color: #555; }
.key ul { margin: 0 0 2mm; padding-left: 5mm; }
.points { list-style: none; padding: 0 !important; }
.points li { padding-left: 7mm; position: relative; }
.points b { position: absolute; left: 0; }
.points p { margin: 0 0 1mm; }
dl { display: grid; grid-template-columns: 17mm 1fr; gap: 0 2mm; margin: 2mm 0; }
dt { font-weight: bold; } dd { margin: 0; }
"""
