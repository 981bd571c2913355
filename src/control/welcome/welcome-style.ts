/** Two colour schemes, every text at 4.5:1 or better, and a font for code. */
export const colours = `
:root {
  color-scheme: light dark;
  --page: #f7f8f7; --card: #ffffff; --sunk: #f2f4f3; --line: #dde2df; --ink: #17211c; --soft: #55625b;
  --accent: #0b6b4a; --on-accent: #ffffff; --note: #fff6dd; --note-line: #e8d292; --note-ink: #5d4300;
  --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1311; --card: #151c19; --sunk: #101614; --line: #2a3530; --ink: #e7eeea; --soft: #9fb0a8;
    --accent: #5fd3a5; --on-accent: #07251a; --note: #2a2310; --note-line: #57481b; --note-ink: #f2d98c;
  }
}`

/** The welcome page's looks: system fonts, two colour schemes, every text at 4.5:1 or better. */
export const welcomeStyle = `
${colours}
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif }
.wrap { max-width: 1080px; margin: 0 auto; padding: 0 20px }
header .wrap { display: flex; align-items: center; gap: 12px; padding-top: 22px; padding-bottom: 22px }
.mark { display: flex; align-items: center; gap: 10px; font-weight: 650; letter-spacing: -.01em }
.mark svg { display: block }
.state { margin-left: auto; display: inline-flex; align-items: center; gap: 8px; font-size: 14px; color: var(--soft) }
.state::before { content: ''; width: 8px; height: 8px; border-radius: 50%; background: var(--accent) }
.in { padding: 6px 14px; border: 1px solid var(--line); border-radius: 9px; background: var(--card); color: var(--ink); font-size: 15px; text-decoration: none }
.in:hover { border-color: var(--soft) }
h1 { margin: 36px 0 12px; font-size: clamp(30px, 5vw, 46px); line-height: 1.1; letter-spacing: -.025em; font-weight: 680; text-wrap: balance }
h2 { margin: 0 0 6px; font-size: 22px; line-height: 1.25; letter-spacing: -.015em; font-weight: 650 }
h3 { margin: 0; font-size: 15px; font-weight: 620 }
p { margin: 0 0 12px; max-width: 72ch; text-wrap: pretty }
.lede { font-size: 18px; color: var(--soft); max-width: 56ch }
.soft { color: var(--soft) }
.note { margin: 26px 0 0; padding: 14px 18px; background: var(--note); border: 1px solid var(--note-line); border-radius: 12px; color: var(--note-ink) }
.note p { margin: 0; max-width: none }
section { margin-top: 60px }
code, pre { font-family: var(--mono); font-size: 13px }
:not(pre) > code { padding: 2px 6px; border-radius: 6px; background: var(--sunk); border: 1px solid var(--line); overflow-wrap: anywhere }
.whole { white-space: nowrap }
.note code { background: transparent; border-color: var(--note-line) }
.bases { display: grid; gap: 16px; margin: 18px 0 22px }
.base { display: flex; align-items: center; gap: 12px; padding: 12px 12px 12px 18px; background: var(--card); border: 1px solid var(--line); border-radius: 12px }
.base div { min-width: 0 }
.base code { display: block; padding: 0; border: 0; background: none; font-size: 14px }
.base span { display: block; font-size: 13px; color: var(--soft) }
button { margin-left: auto; flex: none; min-height: 36px; padding: 0 14px; border: 1px solid var(--line); border-radius: 9px; background: var(--card); color: var(--ink); font: inherit; font-size: 14px; cursor: pointer }
button:hover { border-color: var(--soft) }
button.done { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
fieldset { min-width: 0; margin: 0; padding: 0; border: 0 }
legend, .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
fieldset > input { position: absolute; opacity: 0; width: 1px; height: 1px }
.choice { display: inline-block; padding: 7px 16px; border: 1px solid transparent; border-radius: 9px; font-size: 15px; color: var(--soft); cursor: pointer }
.choice:hover { color: var(--ink) }
input:checked + .choice { background: var(--card); border-color: var(--line); color: var(--ink); font-weight: 600 }
input:focus-visible + .choice { outline: 3px solid var(--accent); outline-offset: 2px }
.calls { display: none; gap: 16px; margin-top: 14px }
#as-curl:checked ~ .curl, #as-python:checked ~ .python, #as-typescript:checked ~ .typescript { display: grid }
.call { min-width: 0; background: var(--sunk); border: 1px solid var(--line); border-radius: 14px; overflow: hidden }
.call > div { background: var(--card); display: flex; align-items: center; gap: 12px; padding: 12px 12px 12px 18px; border-bottom: 1px solid var(--line) }
.call small { display: block; font: 13px var(--mono); color: var(--soft) }
pre { margin: 0; padding: 18px; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.6; tab-size: 2 }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
caption { padding: 14px 18px; text-align: left; font-weight: 620 }
.sheet { margin-top: 18px; background: var(--card); border: 1px solid var(--line); border-radius: 14px; overflow: hidden }
th, td { padding: 10px 18px; text-align: left; font-weight: 400; border-top: 1px solid var(--line); vertical-align: baseline }
thead th { font-size: 13px; color: var(--soft) }
tbody th code { padding: 0; border: 0; background: none; font-size: 14px; color: var(--ink) }
td.about, td.kind { color: var(--soft); font-size: 14px }
th.money, td.money { text-align: right; white-space: nowrap }
td.money { font-size: 15px }
dl { margin: 18px 0 0; background: var(--card); border: 1px solid var(--line); border-radius: 14px }
dl div { display: grid; gap: 2px 24px; padding: 12px 18px }
dl div + div { border-top: 1px solid var(--line) }
dt code { padding: 0; border: 0; background: none }
dd { margin: 0; color: var(--soft); font-size: 15px }
footer { margin-top: 68px; border-top: 1px solid var(--line); color: var(--soft); font-size: 14px }
footer .wrap { display: flex; flex-wrap: wrap; gap: 8px 24px; padding-top: 22px; padding-bottom: 34px }
a { color: var(--accent); text-underline-offset: 3px }
@media (min-width: 760px) {
  tbody th { white-space: nowrap }
  .bases, #as-curl:checked ~ .curl, #as-python:checked ~ .python, #as-typescript:checked ~ .typescript { grid-template-columns: 1fr 1fr }
  dl div { grid-template-columns: minmax(0, 5fr) minmax(0, 4fr) }
}
@media (max-width: 759px) {
  .about, .cached { display: none }
  th, td { padding: 10px 8px } th:first-child, td:first-child { padding-left: 16px } th:last-child, td:last-child { padding-right: 16px }
  tbody th code, td.money { font-size: 13px }
  td.kind, thead th { font-size: 12.5px }
  section { margin-top: 48px }
}
@media (prefers-reduced-motion: no-preference) { button, .choice { transition: background-color .15s, border-color .15s, color .15s } }
`
