/** What a web page does that calls the gateway itself, with `fetch` and with both official SDKs; bundled by its test. */
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'

type Place = { readonly baseUrl: string; readonly key: string }
type Calls = Readonly<Record<string, (place: Place) => Promise<unknown>>>

const question = { model: 'gpt-5.4', messages: [{ role: 'user' as const, content: 'Hello!' }] }
const post = ({ baseUrl, key }: Place, body: object): Promise<Response> =>
  fetch(`${baseUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const openai = ({ baseUrl, key }: Place): OpenAI =>
  new OpenAI({ baseURL: `${baseUrl}/v1/`, apiKey: key, dangerouslyAllowBrowser: true, maxRetries: 0 })
const genai = ({ baseUrl, key }: Place): GoogleGenAI =>
  new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: `${baseUrl}/genai` } })

const calls: Calls = {
  async fetched(place) {
    const response = await post(place, question)
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] }
    const [id, charge] = ['x-request-id', 'x-mart-charge-usd'].map((name) => response.headers.get(name))
    return { text: choices[0]!.message.content, id, charge }
  },
  async fetchedStream(place) {
    const response = await post(place, { ...question, stream: true })
    const text = await response.text()
    return { text, id: response.headers.get('x-request-id') }
  },
  async refused(place) {
    const response = await post({ ...place, key: 'sk-bf-none' }, question)
    return { status: response.status, text: await response.text() }
  },
  async wrongUrl({ baseUrl, key }) {
    const client = openai({ baseUrl: `${baseUrl}/v1/v1`, key })
    return { message: await client.models.list().then(String, (error: Error) => error.message) }
  },
  async sdk(place) {
    const { data, response } = await openai(place).chat.completions.create(question).withResponse()
    return { text: data.choices[0]!.message.content, id: response.headers.get('x-request-id') }
  },
  async sdkStream(place) {
    let text = ''
    const stream = await openai(place).chat.completions.create({ ...question, stream: true })
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? ''
    return { text }
  },
  async sdkLimit(place) {
    const refusal = await openai(place)
      .chat.completions.create({ ...question, model: 'none' })
      .then(
        () => null,
        (error: InstanceType<typeof OpenAI.APIError>) => error,
      )
    return { status: refusal?.status, id: refusal?.requestID }
  },
  async genai(place) {
    const { text } = await genai(place).models.generateContent({ model: 'gemini-3.5-flash', contents: 'Hello!' })
    return { text }
  },
  async genaiStream(place) {
    let text = ''
    const ask = { model: 'gemini-3.5-flash', contents: 'Hello!' }
    for await (const chunk of await genai(place).models.generateContentStream(ask)) text += chunk.text ?? ''
    return { text }
  },
}

Object.assign(globalThis, { calls })
