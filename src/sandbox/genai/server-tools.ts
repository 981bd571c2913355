/**
 * What Google's own tools leave in an answer: searches and maps their grounding, URL context its pages, code
 * execution its code and what came of it. A search grounds every answer; pages are read where the prompt has
 * addresses, code is run where it has something to compute.
 */
import { topicsOf } from '../answer-text.ts'
import { countTokens } from '../tokens.ts'
import type { GenerateCall } from './call.ts'

/** What the tools found: the beginning of the text, and what stands beside it. */
export type Grounded = {
  /** What the answer says; empty to leave it to itself. */
  readonly said: string
  /** Parts before the text, with what each costs as output. */
  readonly parts: readonly { readonly part: object; readonly output: number }[]
  /** `groundingMetadata` and `urlContextMetadata` of the candidate. */
  readonly metadata: Readonly<Record<string, object>>
  /** Prompt tokens that the tools added: pages, and results of code. */
  readonly toolUseTokens: number
}

/** Tokens of a page that is read. */
const pageTokens = 400
const pagesMax = 20

/** What the call's tools do for this question; null where there is none to do anything. */
export function useServerTools({ tools = [], generationConfig }: GenerateCall, question: string): Grounded | null {
  if (tools.length === 0 || generationConfig?.responseMimeType === 'application/json') return null
  const urls = tools.some(({ urlContext }) => urlContext) ? addressesIn(question) : []
  const isSearching = tools.some((tool) => tool.googleSearch ?? tool.googleSearchRetrieval ?? tool.enterpriseWebSearch)
  const map = tools.find(({ googleMaps }) => googleMaps)?.googleMaps
  const code = tools.some(({ codeExecution }) => codeExecution) ? codeFor(question) : null
  const codeTokens = code?.parts.reduce((sum, { output }) => sum + output, 0) ?? 0
  if (!isSearching && !map && !code && urls.length === 0) return null
  // Code that would not leave half of the limit for the answer is not run.
  if (codeTokens * 2 > (generationConfig?.maxOutputTokens ?? Infinity)) return null
  const topic = topicsOf(question)[0]!
  const said = [
    ...(code ? [`The code says ${code.output.trim()}.`] : []),
    `This is a simulated answer about ${topic}.`,
  ].join(' ')
  const chunks = chunksOf(topic, { isSearching, isMapping: map !== undefined, urls })
  return {
    said,
    parts: code ? code.parts : [],
    metadata: {
      ...(chunks.length > 0 && {
        groundingMetadata: groundingOf(said, { topic, chunks, isSearching, hasWidget: map?.enableWidget === true }),
      }),
      ...(urls.length > 0 && { urlContextMetadata: { urlMetadata: urls.map(pageOf) } }),
    },
    toolUseTokens: urls.length * pageTokens + (code ? code.toolUseTokens : 0),
  }
}

const addressesIn = (question: string): readonly string[] =>
  [...new Set(question.match(/https?:\/\/[^\s"'<>)]*[^\s"'<>).,;!?]/g) ?? [])].slice(0, pagesMax)

const pageOf = (retrievedUrl: string): object => ({ retrievedUrl, urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_SUCCESS' })

type Sources = { readonly isSearching: boolean; readonly isMapping: boolean; readonly urls: readonly string[] }

function chunksOf(topic: string, { isSearching, isMapping, urls }: Sources): readonly object[] {
  const slug = topic.toLowerCase()
  return [
    ...(isSearching
      ? [
          { web: { uri: `https://example.com/${slug}`, title: 'example.com' } },
          { web: { uri: `https://example.org/${slug}`, title: 'example.org' } },
        ]
      : []),
    ...(isMapping
      ? [{ maps: { uri: `https://maps.example.com/?q=${slug}`, title: topic, placeId: `places/simulated-${slug}` } }]
      : []),
    ...urls.map((uri) => ({ web: { uri, title: hostOf(uri) } })),
  ]
}

const hostOf = (uri: string): string => /^https?:\/\/([^/:?#]+)/.exec(uri)?.[1] ?? uri

type Grounding = {
  readonly topic: string
  readonly chunks: readonly object[]
  readonly isSearching: boolean
  readonly hasWidget: boolean
}

/** Segments are counted in bytes of the text. */
function groundingOf(said: string, { topic, chunks, isSearching, hasWidget }: Grounding): object {
  const segment = { startIndex: 0, endIndex: Buffer.byteLength(said), text: said }
  return {
    ...(isSearching && {
      webSearchQueries: [`${topic.toLowerCase()} simulated`],
      searchEntryPoint: { renderedContent: `<div class="container">${topic}</div>` },
    }),
    ...(hasWidget && { googleMapsWidgetContextToken: 'widgetcontent/simulated' }),
    groundingChunks: chunks,
    groundingSupports: [{ segment, groundingChunkIndices: chunks.map((_, at) => at) }],
  }
}

type Run = Pick<Grounded, 'parts' | 'toolUseTokens'> & { readonly output: string }

function codeFor(question: string): Run | null {
  if (!/\d|\b(?:calculate|compute|code|python|sum|run|plot|average|prime)\b/i.test(question)) return null
  const numbers = (question.match(/\d+(?:\.\d+)?/g) ?? []).slice(0, 20).map(Number)
  const code = `numbers = [${numbers.join(', ')}]\nprint(sum(numbers))\n`
  const output = `${numbers.reduce((sum, number) => sum + number, 0)}\n`
  return {
    output,
    parts: [
      { part: { executableCode: { language: 'PYTHON', code } }, output: countTokens(code) },
      { part: { codeExecutionResult: { outcome: 'OUTCOME_OK', output } }, output: 0 },
    ],
    toolUseTokens: countTokens(code) + countTokens(output),
  }
}
