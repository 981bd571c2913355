/** A page of the reference as one HTML document, which asks for nothing else until somebody searches. */
import { hash } from 'node:crypto'
import { copyScript } from '../control/welcome/copy-script.ts'
import { mark } from '../control/welcome/mark.ts'
import { escapeHtml } from '../lib/html.ts'
import { ownKeyPanel, ownKeyScript } from './own-key.ts'
import { pages, type Page } from './pages.ts'
import { referenceScript } from './reference-script.ts'
import { referenceStyle } from './reference-style.ts'
import type { Heading, RenderedPage } from './render-page.ts'

const script = `${copyScript}${referenceScript}${ownKeyScript}`

/** The document; `{{base}}` still stands for the address that its reader reached this server at. */
export const referenceDocument = (page: Page, { html, headings }: RenderedPage): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)} · AICreditMart</title>
<meta name="description" content="${escapeHtml(page.about)}">
<link rel="icon" href="data:,">
<link rel="alternate" type="text/markdown" href="${twinOf(page)}">
<style>${referenceStyle}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the text</a>
<header><div class="bar"><a class="mark" href="/">${mark}AICreditMart</a><span class="where">Reference</span><nav class="ways" aria-label="Elsewhere"><a href="/playground">Playground</a><a href="/dashboard">Dashboard</a></nav>
<search class="search" hidden><label class="unseen" for="search">Search the reference</label><input id="search" type="search" placeholder="Search  /" autocomplete="off"><ul class="found" hidden></ul></search></div></header>
<div class="columns">
<nav aria-label="Pages"><details class="pages" open><summary>Pages</summary><ul>${pages
  .filter(({ isListed }) => isListed)
  .map((each) => pageLink(each, page))
  .join('')}</ul></details></nav>
<main id="content">
${ownKeyPanel}${html}
<p class="twin"><a href="${twinOf(page)}">This page as Markdown</a><a href="/llms.txt">All pages, for programs</a></p>
</main>
${contents(headings)}
</div>
<p class="unseen" role="status" id="said"></p>
<script>${script}</script>
</body>
</html>
`

export const urlOf = ({ path }: Pick<Page, 'path'>): string => (path === '' ? '/docs' : `/docs/${path}`)
export const twinOf = ({ path }: Pick<Page, 'path'>): string => `/docs/${path === '' ? 'api-reference' : path}.md`

const pageLink = (each: Page, current: Page): string =>
  `<li><a href="${urlOf(each)}"${isWithin(each, current) ? ' aria-current="page"' : ''}>${escapeHtml(each.title)}</a></li>`

const isWithin = ({ path }: Page, current: Page): boolean =>
  path === current.path || (path !== '' && current.path.startsWith(`${path}/`))

function contents(headings: readonly Heading[]): string {
  const shown = headings.slice(1).filter(({ depth }) => depth <= 3)
  if (shown.length < 3) return ''
  const links = shown.map(
    ({ depth, id, text }) => `<li><a${depth > 2 ? ' class="inner"' : ''} href="#${id}">${escapeHtml(text)}</a></li>`,
  )
  return `<nav class="contents" aria-label="On this page"><strong>On this page</strong><ul>${links.join('')}</ul></nav>`
}

const sourceOf = (text: string): string => `'sha256-${hash('sha256', text, 'base64')}'`
/** What a page may do: its own style and script, and ask this server for what search looks through. */
export const referencePolicy = `default-src 'none'; style-src ${sourceOf(referenceStyle)}; script-src ${sourceOf(script)}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
