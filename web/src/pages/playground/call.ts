/** What the playground asks, and how it reads the answers, in either dialect. */
import {
  callWithKey,
  gatewayTrouble,
  requestIdOf,
  type Dialect,
  type GivenKey,
  type KeyedCall,
} from '../../api/keyed-call.ts'
import { recordsOf } from '../../api/records.ts'

export const tasks = ['chat', 'image', 'embedding', 'video'] as const
export type Task = (typeof tasks)[number]

export type Turn = { readonly role: 'user' | 'assistant'; readonly text: string }

/** `turns` ends with what is asked now. */
export type Ask = {
  readonly task: Task
  readonly dialect: Dialect
  readonly model: string
  readonly system: string
  readonly turns: readonly Turn[]
}

/** What of an answer has come. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image' | 'video'; readonly url: string }
  | { readonly kind: 'note'; readonly text: string }

export type Listener = {
  readonly key: GivenKey
  readonly signal: AbortSignal
  /** Told as soon as it is known: what the receipt is found by. */
  readonly onRequestId: (id: string) => void
  readonly onPiece: (piece: Piece) => void
}

/** Asks, and tells what comes. Rejects with an `ApiTrouble`, or with an `AbortError` when it was stopped. */
export async function answerTo(ask: Ask, listener: Listener): Promise<void> {
  const { key, signal } = listener
  const response = await callWithKey({ ...requestOf(ask), dialect: ask.dialect, key, signal })
  const requestId = requestIdOf(response)
  if (requestId !== null) listener.onRequestId(requestId)
  switch (ask.task) {
    case 'chat':
      return followChat(response, ask.dialect, listener)
    case 'image':
      return showImages(await response.json(), listener)
    case 'embedding':
      return tellEmbedding(await response.json(), listener)
    case 'video':
      return followVideo(await response.json(), listener)
  }
}

/** Path and body, as the official SDKs send them. */
export function requestOf({ task, dialect, model, system, turns }: Ask): Pick<KeyedCall, 'path' | 'body'> {
  const prompt = turns.at(-1)?.text ?? ''
  if (dialect === 'genai')
    return {
      path: `/genai/v1beta/models/${encodeURIComponent(model)}:streamGenerateContent?alt=sse`,
      body: {
        ...(system !== '' && { systemInstruction: { parts: [{ text: system }] } }),
        contents: turns.map(({ role, text }) => ({ role: role === 'user' ? 'user' : 'model', parts: [{ text }] })),
      },
    }
  switch (task) {
    case 'chat':
      return {
        path: '/v1/chat/completions',
        body: {
          model,
          stream: true,
          messages: [
            ...(system === '' ? [] : [{ role: 'developer', content: system }]),
            ...turns.map(({ role, text }) => ({ role, content: text })),
          ],
        },
      }
    case 'image':
      return { path: '/v1/images/generations', body: { model, prompt } }
    case 'embedding':
      return { path: '/v1/embeddings', body: { model, input: prompt } }
    case 'video':
      return { path: '/v1/videos', body: { model, prompt, seconds: '4' } }
  }
}

// ---- Chat ------------------------------------------------------------------------------------------

async function followChat(response: Response, dialect: Dialect, { onPiece }: Listener): Promise<void> {
  if (!response.body) return
  for await (const data of recordsOf(response.body)) {
    const record = JSON.parse(data) as Record<string, unknown>
    if (record['error']) throw gatewayTrouble(record, response.status, requestIdOf(response))
    for (const piece of dialect === 'openai' ? openaiPieces(record) : genaiPieces(record)) onPiece(piece)
  }
}

type Chunk = {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string | null; readonly refusal?: string | null }
  }[]
}

const openaiPieces = ({ choices = [] }: Chunk): Piece[] =>
  choices.flatMap(({ delta }) => {
    const text = delta?.content ?? delta?.refusal ?? ''
    return text === '' ? [] : [{ kind: 'text', text }]
  })

type Part = {
  readonly text?: string
  readonly thought?: boolean
  readonly inlineData?: { readonly mimeType: string; readonly data: string }
}
type Generated = { readonly candidates?: readonly { readonly content?: { readonly parts?: readonly Part[] } }[] }

const genaiPieces = ({ candidates = [] }: Generated): Piece[] =>
  candidates.flatMap(({ content }) => (content?.parts ?? []).flatMap(pieceOfPart))

function pieceOfPart({ text, thought, inlineData }: Part): Piece[] {
  if (inlineData) return [{ kind: 'image', url: `data:${inlineData.mimeType};base64,${inlineData.data}` }]
  return text === undefined || text === '' || thought === true ? [] : [{ kind: 'text', text }]
}

// ---- Pictures and numbers ------------------------------------------------------------------------

type Images = {
  readonly output_format?: string
  readonly data?: readonly { readonly b64_json?: string; readonly url?: string }[]
}

function showImages(answer: unknown, { onPiece }: Listener): void {
  const { data = [], output_format: format = 'png' } = answer as Images
  for (const { b64_json, url } of data) {
    if (b64_json !== undefined) onPiece({ kind: 'image', url: `data:image/${format};base64,${b64_json}` })
    else if (url !== undefined) onPiece({ kind: 'note', text: `The picture is at ${url}` })
  }
}

const numbersShown = 8

function tellEmbedding(answer: unknown, { onPiece }: Listener): void {
  const { data = [] } = answer as { readonly data?: readonly { readonly embedding: readonly number[] }[] }
  const { embedding = [] } = data[0] ?? {}
  const first = embedding.slice(0, numbersShown).join(', ')
  onPiece({
    kind: 'text',
    text: `${embedding.length} numbers: ${first}${embedding.length > numbersShown ? ', …' : ''}`,
  })
}

// ---- Videos ----------------------------------------------------------------------------------------

type VideoJob = {
  readonly id: string
  readonly status: string
  readonly progress?: number
  readonly error?: { readonly message?: string } | null
}

const askAgainMs = 1_000

async function followVideo(created: unknown, { key, signal, onPiece }: Listener): Promise<void> {
  let job = created as VideoJob
  const get = (path: string): Promise<Response> => callWithKey({ dialect: 'openai', key, path, method: 'GET', signal })
  while (job.status === 'queued' || job.status === 'in_progress') {
    onPiece({ kind: 'note', text: `The video is being made: ${job.progress ?? 0} %` })
    await pause(askAgainMs, signal)
    job = (await (await get(`/v1/videos/${job.id}`)).json()) as VideoJob
  }
  if (job.status !== 'completed')
    throw gatewayTrouble({ error: { message: job.error?.message ?? 'The video could not be made.' } }, 200, null)
  const content = await get(`/v1/videos/${job.id}/content`)
  onPiece({ kind: 'video', url: URL.createObjectURL(await content.blob()) })
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(new DOMException('It was stopped.', 'AbortError'))
    })
  })
