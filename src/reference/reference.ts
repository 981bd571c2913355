/**
 * The public API reference at `/docs`: pages of Markdown, filled with what the running server serves and charges, as
 * HTML and as they are; a list of all for programs, and what search looks through.
 */
import { htmlAnswer, type HttpAnswer } from '../lib/http-server/contract.ts'
import { escapeHtml } from '../lib/html.ts'
import type { Facts } from './facts.ts'
import { fillPage } from './fill-page.ts'
import { pages, type Page } from './pages.ts'
import { referenceDocument, referencePolicy, twinOf, urlOf } from './reference-document.ts'
import { renderPage, rowId } from './render-page.ts'

export type Reference = {
  /** What stands at a path, for a reader who reached this server at an address; null for nothing of the reference. */
  readonly answerAt: (path: string, baseUrl: string) => HttpAnswer | null
}

/** Makes the reference of a server as it is now. A page is made when it is first asked for. */
export function createReference(facts: Facts): Reference {
  const made = new Map<string, string>()
  const once = (path: string, make: () => string): string => {
    const known = made.get(path) ?? make()
    made.set(path, known)
    return known
  }
  return {
    answerAt(asked, baseUrl) {
      const path = asked === '/docs/' ? '/docs' : asked
      const make = makers.get(path)
      if (!make) return null
      const { type, text } = make
      const made = once(path, () => text(facts))
      return type === html
        ? htmlAnswer(made.replaceAll('{{base}}', escapeHtml(baseUrl)), referencePolicy)
        : textAnswer(type, made.replaceAll('{{base}}', baseUrl))
    },
  }
}

type Maker = { readonly type: string; readonly text: (facts: Facts) => string }

const html = 'text/html'
const markdown = 'text/markdown; charset=UTF-8'

const makers: ReadonlyMap<string, Maker> = new Map([
  ...pages.flatMap((page): [string, Maker][] => [
    [urlOf(page), { type: html, text: (facts) => documentOf(page, facts) }],
    [twinOf(page), { type: markdown, text: (facts) => markdownOf(page, facts) }],
  ]),
  ['/llms.txt', { type: markdown, text: list }],
  [
    '/docs/search.json',
    {
      type: 'application/json',
      text: (facts) => JSON.stringify([...modelsOf(facts), ...pages.flatMap((page) => sectionsOf(page, facts))]),
    },
  ],
])

const textAnswer = (type: string, body: string): HttpAnswer => ({
  status: 200,
  headers: { 'content-type': type, 'cache-control': 'no-store' },
  body,
})

/** Links between pages lead from file to file, as they stand in the repository; those out of the reference lead nowhere here. */
function markdownOf(page: Page, facts: Facts): string {
  return fillPage(page.template, facts).replaceAll(/\]\(([^)\s]+)\)/g, (link, target: string) => {
    const linked = linkedPage(target)
    return linked ? `](${twinOf(linked.page)}${linked.hash})` : link
  })
}

const documentOf = (page: Page, facts: Facts): string =>
  referenceDocument(page, renderPage(fillPage(page.template, facts), hrefOf))

function hrefOf(target: string): string | null {
  const linked = linkedPage(target)
  if (linked) return `${urlOf(linked.page)}${linked.hash}`
  return /^(?:#|https?:|\/)/.test(target) ? target : null
}

function linkedPage(target: string): { readonly page: Page; readonly hash: string } | null {
  const [, file, hash = ''] = /^(?:\.\.?\/)*([\w/-]+)\.md(#.*)?$/.exec(target) ?? []
  const page = pages.find(({ path }) => path === (file === 'api-reference' ? '' : file))
  return page ? { page, hash } : null
}

/** https://llmstxt.org */
function list(): string {
  const lines = pages
    .filter(({ isListed }) => isListed)
    .map((page) => `- [${page.title}]({{base}}${twinOf(page)}): ${page.about}`)
  return `# AICreditMart\n\n> OpenAI and Google Gemini models through one gateway, with the official SDKs: base URLs {{base}}/v1/ and {{base}}/genai, and one key.\n\n## Reference\n\n${lines.join('\n')}\n`
}

type Section = {
  readonly url: string
  readonly page: string
  readonly title: string
  readonly text: string
  /** The model that it is of alone. */
  readonly model?: string
}

/** Each model, where its prices and limits are. */
function modelsOf({ models }: Facts): Section[] {
  const page = pages.find(({ path }) => path === 'models')!
  return models.map(({ id, description }) => ({
    url: `${urlOf(page)}#${rowId(id)}`,
    page: page.title,
    title: id,
    text: description,
    model: id,
  }))
}

/** More of a section is not searched. */
const searchedCharsMax = 2_000

function sectionsOf(page: Page, facts: Facts): Section[] {
  const filled = fillPage(page.template, facts)
  const { headings } = renderPage(filled, hrefOf)
  const texts = filled
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .split(/^#{1,6} .*$/m)
    .slice(1)
  return headings.map(({ id, text }, at) => ({
    url: `${urlOf(page)}#${id}`,
    page: page.title,
    title: text,
    text: (texts[at] ?? '').replaceAll(/[`*|\s]+/g, ' ').slice(0, searchedCharsMax),
  }))
}
