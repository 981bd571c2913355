/** A request as it could be made again: what of it is known, since bodies are never kept. */
import type { EntryJson } from '../../../../src/control/contract-pages.ts'

/** The call, with what of its body is known. `origin` is where this server is, without a slash at the end. */
export function callAgain({ endpoint, model, askedModel, streamed }: EntryJson, origin: string): string {
  const name = model ?? askedModel ?? 'MODEL'
  if (/^(?:streamG|g)enerateContent$/.test(endpoint)) {
    const verb = streamed ? 'streamGenerateContent?alt=sse' : 'generateContent'
    return curl(`${origin}/genai/v1beta/models/${name}:${verb}`, { contents: [{ parts: [{ text: '…' }] }] })
  }
  const path = paths[endpoint] ?? `/v1/${endpoint.replaceAll('.', '/')}`
  const body = { model: name, ...(bodies[endpoint] ?? { prompt: '…' }), ...(streamed && { stream: true }) }
  return curl(origin + path, body)
}

const paths: Readonly<Record<string, string>> = {
  'chat.completions': '/v1/chat/completions',
  responses: '/v1/responses',
  embeddings: '/v1/embeddings',
  'images.generations': '/v1/images/generations',
  videos: '/v1/videos',
}
const bodies: Readonly<Record<string, object>> = {
  'chat.completions': { messages: [{ role: 'user', content: '…' }] },
  responses: { input: '…' },
  embeddings: { input: '…' },
}

const curl = (url: string, body: object): string =>
  [
    `curl '${url}'`,
    `-H "Authorization: Bearer $AICREDITMART_API_KEY"`,
    `-H 'Content-Type: application/json'`,
    `-d '${JSON.stringify(body)}'`,
  ].join(' \\\n  ')
