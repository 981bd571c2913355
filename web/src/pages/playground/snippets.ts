/** What the playground asks, as programs with the official SDKs ask it. The key is read from the environment: code is copied into places that keep it. */
import type { Snippet } from '../../ui/code-tabs.tsx'
import { requestOf, type Ask } from './call.ts'

/** `baseUrl`: of this server, without a slash at the end. */
export const snippetsOf = (ask: Ask, baseUrl: string): readonly Snippet[] => [
  { language: 'python', title: 'Python', code: pythonOf(ask, baseUrl) },
  { language: 'typescript', title: 'TypeScript', code: typescriptOf(ask, baseUrl) },
  { language: 'bash', title: 'curl', code: curlOf(ask, baseUrl) },
]

const keyName = 'AICREDITMART_API_KEY'
/** JSON is Python and TypeScript alike, as long as there is no `true` in it. */
const literal = (value: unknown): string => JSON.stringify(value)
const promptOf = ({ turns }: Ask): string => turns.at(-1)?.text ?? ''

function messagesOf({ system, turns }: Ask): string {
  const messages = [
    ...(system === '' ? [] : [{ role: 'developer', content: system }]),
    ...turns.map(({ role, text }) => ({ role, content: text })),
  ]
  return `[\n${messages.map(({ role, content }) => `        {"role": ${literal(role)}, "content": ${literal(content)}},`).join('\n')}\n    ]`
}

const contentsOf = ({ turns }: Ask): string =>
  turns.length === 1
    ? literal(turns[0]!.text)
    : `[\n${turns.map(({ role, text }) => `        {"role": ${literal(role === 'user' ? 'user' : 'model')}, "parts": [{"text": ${literal(text)}}]},`).join('\n')}\n    ]`

// ---- Python ----------------------------------------------------------------------------------------

function pythonOf(ask: Ask, baseUrl: string): string {
  const { dialect, model, system, task } = ask
  if (dialect === 'genai')
    return `import os

from google import genai

client = genai.Client(
    api_key=os.environ["${keyName}"],
    http_options={"base_url": ${literal(`${baseUrl}/genai`)}},
)
for chunk in client.models.generate_content_stream(
    model=${literal(model)},
    contents=${contentsOf(ask)},${system === '' ? '' : `\n    config={"system_instruction": ${literal(system)}},`}
):
    print(chunk.text or "", end="")
`
  const head = `import os

from openai import OpenAI

client = OpenAI(base_url=${literal(`${baseUrl}/v1/`)}, api_key=os.environ["${keyName}"])
`
  switch (task) {
    case 'chat':
      return `${head}stream = client.chat.completions.create(
    model=${literal(model)},
    messages=${messagesOf(ask)},
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="")
`
    case 'image':
      return `${head.replace('import os\n', 'import base64\nimport os\n')}image = client.images.generate(model=${literal(model)}, prompt=${literal(promptOf(ask))})
with open("image.png", "wb") as file:
    file.write(base64.b64decode(image.data[0].b64_json))
`
    case 'embedding':
      return `${head}answer = client.embeddings.create(model=${literal(model)}, input=${literal(promptOf(ask))})
print(answer.data[0].embedding)
`
    case 'video':
      return `${head}video = client.videos.create_and_poll(model=${literal(model)}, prompt=${literal(promptOf(ask))}, seconds="4")
client.videos.download_content(video.id).write_to_file("video.mp4")
`
  }
}

// ---- TypeScript --------------------------------------------------------------------------------------

function typescriptOf(ask: Ask, baseUrl: string): string {
  const { dialect, model, system, task } = ask
  if (dialect === 'genai')
    return `import { GoogleGenAI } from '@google/genai'

const client = new GoogleGenAI({
    apiKey: process.env.${keyName}!,
    httpOptions: { baseUrl: ${literal(`${baseUrl}/genai`)} },
})
const stream = await client.models.generateContentStream({
    model: ${literal(model)},
    contents: ${contentsOf(ask)},${system === '' ? '' : `\n    config: { systemInstruction: ${literal(system)} },`}
})
for await (const chunk of stream) process.stdout.write(chunk.text ?? '')
`
  const head = `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: ${literal(`${baseUrl}/v1/`)}, apiKey: process.env.${keyName} })
`
  switch (task) {
    case 'chat':
      return `${head}const stream = await client.chat.completions.create({
    model: ${literal(model)},
    messages: ${messagesOf(ask)},
    stream: true,
})
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')
`
    case 'image':
      return `import { writeFile } from 'node:fs/promises'
${head}const image = await client.images.generate({ model: ${literal(model)}, prompt: ${literal(promptOf(ask))} })
await writeFile('image.png', Buffer.from(image.data![0]!.b64_json!, 'base64'))
`
    case 'embedding':
      return `${head}const answer = await client.embeddings.create({ model: ${literal(model)}, input: ${literal(promptOf(ask))} })
console.log(answer.data[0]!.embedding)
`
    case 'video':
      return `import { writeFile } from 'node:fs/promises'
${head}let video = await client.videos.create({ model: ${literal(model)}, prompt: ${literal(promptOf(ask))}, seconds: '4' })
while (video.status === 'queued' || video.status === 'in_progress') {
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    video = await client.videos.retrieve(video.id)
}
const content = await client.videos.downloadContent(video.id)
await writeFile('video.mp4', Buffer.from(await content.arrayBuffer()))
`
  }
}

// ---- curl --------------------------------------------------------------------------------------------

/** Within single quotes of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

function curlOf(ask: Ask, baseUrl: string): string {
  const { path, body } = requestOf(ask)
  const key = ask.dialect === 'openai' ? `"authorization: Bearer $${keyName}"` : `"x-goog-api-key: $${keyName}"`
  const curl = ask.task === 'chat' ? 'curl -N' : 'curl'
  return `${curl} ${quoted(`${baseUrl}${path}`)} \\
  -H ${key} \\
  -H 'content-type: application/json' \\
  -d ${quoted(JSON.stringify(body))}
`
}
