/** The reference's looks: those of the welcome page, with room for reading. */
import { colours } from '../control/welcome/welcome-style.ts'

export const referenceStyle = `
${colours}
:root { --word: #0b6b4a; --text: #8a4b08; --number: #6b3fa0; --remark: #5f6b65 }
@media (prefers-color-scheme: dark) { :root { --word: #7fd6b2; --text: #e9b872; --number: #c4a7f5; --remark: #93a39b } }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 76px }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.65 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif }
a { color: var(--accent); text-underline-offset: 3px }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.skip { position: absolute; left: 12px; top: -60px; padding: 8px 14px; background: var(--card); border: 1px solid var(--line); border-radius: 9px; z-index: 3 }
.skip:focus { top: 10px }
header { position: sticky; top: 0; z-index: 2; background: var(--page); border-bottom: 1px solid var(--line) }
.bar { display: flex; align-items: center; gap: 18px; max-width: 1360px; margin: 0 auto; padding: 12px 24px; min-height: 60px }
.mark { display: flex; align-items: center; gap: 10px; font-weight: 650; letter-spacing: -.01em; color: var(--ink); text-decoration: none }
.mark svg { display: block }
.bar .where { color: var(--soft) }
.ways { display: flex; margin-left: auto }
.ways a { padding: 5px 10px }
.search { position: relative; width: min(320px, 46vw) }
.search input { width: 100%; min-height: 38px; padding: 0 12px; border: 1px solid var(--line); border-radius: 9px; background: var(--card); color: var(--ink); font: inherit; font-size: 15px }
.search input::placeholder { color: var(--soft); opacity: 1 }
.found { position: absolute; right: 0; top: 44px; width: min(440px, 88vw); max-height: 60vh; overflow: auto; margin: 0; padding: 6px; list-style: none; background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 12px 40px #0003 }
.found a { display: block; padding: 8px 12px; border-radius: 8px; color: var(--ink); text-decoration: none }
.found a:hover, .found a:focus { background: var(--sunk) }
.found small { display: block; color: var(--soft); font-size: 13px }
.found p { margin: 8px 12px; color: var(--soft) }
.columns { display: grid; gap: 0 48px; max-width: 1360px; margin: 0 auto; padding: 0 24px; grid-template-columns: minmax(0, 1fr) }
nav ul { margin: 0; padding: 0; list-style: none }
nav a { display: block; padding: 5px 12px; border-radius: 8px; color: var(--soft); text-decoration: none; font-size: 15px }
nav a:hover { color: var(--ink); background: var(--sunk) }
nav a[aria-current] { color: var(--accent); background: var(--sunk); font-weight: 600 }
.contents { display: none }
.contents a { padding: 3px 12px; font-size: 14px }
.contents .inner { padding-left: 26px }
.pages { margin-top: 18px; border: 1px solid var(--line); border-radius: 12px; background: var(--card) }
.pages summary { padding: 10px 14px; cursor: pointer; font-weight: 600 }
.pages ul { padding: 0 6px 8px }
main { min-width: 0; padding: 12px 0 80px }
main > :not(.sheet, .code, .tabs, hr) { max-width: 74ch }
h1 { margin: 36px 0 14px; font-size: clamp(27px, 4vw, 36px); line-height: 1.15; letter-spacing: -.02em; font-weight: 680; text-wrap: balance }
h2 { margin: 46px 0 10px; font-size: 23px; line-height: 1.25; letter-spacing: -.015em; font-weight: 650 }
h3 { margin: 32px 0 8px; font-size: 18px; font-weight: 640 }
.anchor { margin-left: .4em; color: var(--soft); text-decoration: none; opacity: 0; font-weight: 400 }
:hover > .anchor, .anchor:focus { opacity: 1 }
p, ul, ol { margin: 0 0 14px; text-wrap: pretty }
li { margin: 4px 0 }
code, pre { font-family: var(--mono); font-size: 13.5px }
:not(pre) > code { padding: 2px 6px; border-radius: 6px; background: var(--sunk); border: 1px solid var(--line); overflow-wrap: anywhere }
.code { position: relative; margin: 16px 0; background: var(--sunk); border: 1px solid var(--line); border-radius: 12px }
pre { margin: 0; padding: 18px; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.6; tab-size: 2; border-radius: 12px }
.copy { position: absolute; right: 10px; top: 10px; min-height: 32px; padding: 0 12px; border: 1px solid var(--line); border-radius: 8px; background: var(--card); color: var(--ink); font: inherit; font-size: 13px; cursor: pointer }
.copy:hover { border-color: var(--soft) }
.copy.done { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
.code pre { padding-right: 92px }
main > .own-key { max-width: none; margin: 18px 0 -14px; font-size: 15px }
.own-key summary { display: inline-block; padding: 6px 14px; border: 1px solid var(--line); border-radius: 9px; background: var(--card); cursor: pointer }
.own-key summary:hover { border-color: var(--soft) }
.own-key div { display: flex; flex-wrap: wrap; gap: 12px 20px; margin: 10px 0 26px; padding: 16px 18px; background: var(--card); border: 1px solid var(--line); border-radius: 12px }
.own-key p { margin: 0; flex: 1 1 240px }
.own-key .told { flex-basis: 100%; color: var(--soft); font-size: 14px }
.own-key label { display: block; margin-bottom: 4px; font-size: 14px; font-weight: 600 }
.own-key :is(input, select) { width: 100%; min-height: 38px; padding: 0 10px; border: 1px solid var(--line); border-radius: 9px; background: var(--page); color: var(--ink); font: inherit }
.tabs { min-width: 0; margin: 16px 0; padding: 0; border: 0 }
.tabs legend { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
.tabs > input { position: absolute; opacity: 0; width: 1px; height: 1px }
.tabs > label { display: inline-block; padding: 6px 14px; border: 1px solid transparent; border-radius: 9px; font-size: 15px; color: var(--soft); cursor: pointer }
.tabs > label:hover { color: var(--ink) }
.tabs > input:checked + label { background: var(--card); border-color: var(--line); color: var(--ink); font-weight: 600 }
.tabs > input:focus-visible + label { outline: 3px solid var(--accent); outline-offset: 2px }
.panel { display: none; margin-top: 8px }
[data-language=python]:checked ~ .python, [data-language=typescript]:checked ~ .typescript, [data-language=bash]:checked ~ .bash { display: block }
.hljs-keyword, .hljs-built_in, .hljs-literal { color: var(--word) }
.hljs-string, .hljs-attr, .hljs-attribute { color: var(--text) }
.hljs-number { color: var(--number) }
.hljs-comment { color: var(--remark) }
.sheet { margin: 16px 0 22px; overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px }
table { width: 100%; border-collapse: collapse; font-size: 15px; font-variant-numeric: tabular-nums }
th, td { padding: 9px 13px; text-align: left; vertical-align: baseline; border-top: 1px solid var(--line) }
tr:target td { background: var(--sunk); box-shadow: inset 0 2px var(--accent), inset 0 -2px var(--accent) }
thead th { border-top: 0; font-size: 13px; font-weight: 500; color: var(--soft); white-space: nowrap }
td { min-width: 5em }
td.prose { min-width: 15em }
td code { padding: 0; border: 0; background: none; white-space: nowrap; font-size: 13px }
.figure { text-align: right; white-space: nowrap }
.figure.long { min-width: 11em; white-space: normal }
.twin { display: flex; flex-wrap: wrap; gap: 6px 22px; margin-top: 56px; padding-top: 18px; border-top: 1px solid var(--line); font-size: 14px; color: var(--soft) }
@media (min-width: 900px) {
  .columns { grid-template-columns: 232px minmax(0, 1fr) }
  .pages { position: sticky; top: 60px; align-self: start; max-height: calc(100vh - 60px); margin: 0 0 0 -12px; padding: 30px 0; overflow: auto; border: 0; background: none }
  .pages summary { display: none }
  .pages ul { padding: 0 }
}
@media (min-width: 1240px) {
  .columns:has(.contents) { grid-template-columns: 232px minmax(0, 1fr) 216px }
  .contents { display: block; position: sticky; top: 60px; align-self: start; max-height: calc(100vh - 60px); padding: 44px 0; overflow: auto }
  .contents strong { display: block; padding: 0 12px 6px; font-size: 13px; color: var(--soft) }
}
@media (max-width: 600px) { .bar .where, .ways { display: none }
.search { margin-left: auto } th, td { padding: 9px 12px } }
@media (prefers-reduced-motion: no-preference) { .copy, .tabs > label { transition: background-color .15s, border-color .15s, color .15s } }
`
