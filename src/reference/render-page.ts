/** Markdown → HTML: headings that can be linked to, code in colour, examples in several languages side by side as tabs. */
import { createRequire } from 'node:module'
import { Marked, type Token, type Tokens } from 'marked'
import { escapeHtml } from '../lib/html.ts'

type Highlighter = {
  readonly registerLanguage: (name: string, grammar: unknown) => void
  readonly getLanguage: (name: string) => unknown
  readonly highlight: (code: string, options: { readonly language: string }) => { readonly value: string }
}

// Its own types would bring those of browsers into all of this project.
const load = createRequire(import.meta.url)
const hljs = load('highlight.js/lib/core') as Highlighter
for (const name of ['bash', 'http', 'json', 'python', 'typescript'])
  hljs.registerLanguage(name, load(`highlight.js/lib/languages/${name}`))

export type Heading = { readonly depth: number; readonly id: string; readonly text: string }
export type RenderedPage = { readonly html: string; readonly headings: readonly Heading[] }

/** Renders a page; `hrefOf` says where a link of the text leads, null where it leads nowhere that is served. */
export function renderPage(markdown: string, hrefOf: (target: string) => string | null): RenderedPage {
  const headings: Heading[] = []
  const rows = new Set<string>()
  const marked = new Marked({ gfm: true })
  marked.use({
    renderer: {
      heading({ tokens, depth, text }) {
        const id = idOf(text, headings)
        headings.push({ depth, id, text: plainOf(text) })
        const inner = this.parser.parseInline(tokens)
        return `<h${depth} id="${id}">${inner}<a class="anchor" href="#${id}" aria-label="Link to this section">#</a></h${depth}>\n`
      },
      link({ href, tokens }) {
        const inner = this.parser.parseInline(tokens)
        const target = hrefOf(href)
        return target === null ? inner : `<a href="${escapeHtml(target)}">${inner}</a>`
      },
      table(token) {
        return `<div class="sheet" tabindex="0" role="group" aria-label="Table">${tableOf(token, rows, (cell) => this.parser.parseInline(cell.tokens))}</div>\n`
      },
      code: (token) => codeBlock([token], 0),
    },
  })
  const tokens = marked.lexer(markdown)
  const html = grouped(tokens)
    .map((group, at) => (group.length > 1 ? codeBlock(group as Tokens.Code[], at) : marked.parser(group)))
    .join('')
  return { html, headings }
}

/** Runs of fenced code, with nothing between them, are one example. */
function grouped(tokens: readonly Token[]): Token[][] {
  const groups: Token[][] = []
  for (const token of tokens) {
    if (token.type === 'space') continue
    const last = groups.at(-1)
    if (token.type === 'code' && last?.[0]?.type === 'code') last.push(token)
    else groups.push([token])
  }
  return groups
}

const languageNames: Readonly<Record<string, string>> = { python: 'Python', typescript: 'TypeScript', bash: 'curl' }

/** `at`: tells the groups of one page apart. */
function codeBlock(blocks: readonly Tokens.Code[], at: number): string {
  if (blocks.length === 1) return `<article class="code">${codeOf(blocks[0]!)}</article>\n`
  const tabs = blocks.map(({ lang = '' }, tab) => {
    const id = `tab-${at}-${lang}`
    return `<input type="radio" name="tabs-${at}" id="${id}" data-language="${lang}"${tab === 0 ? ' checked' : ''}><label for="${id}">${languageNames[lang] ?? lang}</label>`
  })
  const panels = blocks.map((block) => `<article class="code panel ${block.lang ?? ''}">${codeOf(block)}</article>`)
  return `<fieldset class="tabs"><legend>Language of this example</legend>${tabs.join('')}${panels.join('')}</fieldset>\n`
}

function codeOf({ text, lang = '' }: Tokens.Code): string {
  const { value } = hljs.getLanguage(lang) ? hljs.highlight(text, { language: lang }) : { value: escapeHtml(text) }
  return `<button type="button" class="copy">Copy</button><pre tabindex="0"><code>${value}</code></pre>`
}

/** Rows that begin with code can be linked to, the first of each. */
function tableOf({ header, rows, align }: Tokens.Table, known: Set<string>, inner: Inner): string {
  const cell = (tag: string, each: Tokens.TableCell, column: number): string =>
    `<${tag}${tag === 'th' ? ' scope="col"' : ''}${lookOf(each, align[column] ?? null)}>${inner(each)}</${tag}>`
  const row = (tag: string, cells: Tokens.TableCell[], id = ''): string =>
    `<tr${id}>${cells.map((each, column) => cell(tag, each, column)).join('')}</tr>`
  const body = rows.map((cells) => row('td', cells, idAttribute(cells[0]?.text ?? '', known)))
  return `<table><thead>${row('th', header)}</thead><tbody>${body.join('')}</tbody></table>`
}

type Inner = (cell: Tokens.TableCell) => string

/** What a row is linked to by; a heading of that name is something else. */
export const rowId = (name: string): string => `row-${name}`

function idAttribute(text: string, known: Set<string>): string {
  const [, name] = /^`([\w.-]+)`$/.exec(text) ?? []
  if (name === undefined || known.has(name)) return ''
  known.add(name)
  return ` id="${rowId(name)}"`
}

/** Longer ones are several figures, which may take several lines. */
const figureCharsMax = 24
/** Longer ones are sentences, which need some width. */
const wordsCharsMax = 40

function lookOf({ text, header }: Tokens.TableCell, align: string | null): string {
  if (align === 'right') return text.length > figureCharsMax ? ' class="figure long"' : ' class="figure"'
  return !header && text.length > wordsCharsMax ? ' class="prose"' : ''
}

const plainOf = (text: string): string => text.replaceAll('`', '')

/** As GitHub makes them, so that links work in both places. */
function idOf(text: string, before: readonly Heading[]): string {
  const id = plainOf(text)
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
  const many = before.filter((heading) => heading.id === id).length
  return many === 0 ? id : `${id}-${many}`
}
