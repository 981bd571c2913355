/** The first call of both SDKs, in three languages. */
import type { Snippet } from './code-tabs.tsx'

export const sdks = [
  { id: 'openai', title: 'OpenAI SDK' },
  { id: 'genai', title: 'Google GenAI SDK' },
] as const
export type Sdk = (typeof sdks)[number]['id']

/** `origin` is where this server is, without a slash at the end. */
export const firstCall = (sdk: Sdk, origin: string, secret: string): readonly Snippet[] =>
  sdk === 'openai' ? openaiCall(origin, secret) : genaiCall(origin, secret)

const openaiCall = (origin: string, secret: string): readonly Snippet[] => [
  {
    language: 'python',
    title: 'Python',
    code: `# pip install openai
from openai import OpenAI

client = OpenAI(
    base_url="${origin}/v1/",
    api_key="${secret}",
)
response = client.chat.completions.create(
    model="gpt-5.4",
    messages=[{"role": "user", "content": "Hello!"}],
)
print(response.choices[0].message.content)`,
  },
  {
    language: 'typescript',
    title: 'TypeScript',
    code: `// npm install openai; keep this as hello.mjs, then: node hello.mjs
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: '${origin}/v1/',
  apiKey: '${secret}',
})
const response = await client.chat.completions.create({
  model: 'gpt-5.4',
  messages: [{ role: 'user', content: 'Hello!' }],
})
console.log(response.choices[0].message.content)`,
  },
  {
    language: 'bash',
    title: 'curl',
    code: `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${secret}" \\
  -H 'Content-Type: application/json' \\
  -d '{"model": "gpt-5.4", "messages": [{"role": "user", "content": "Hello!"}]}'`,
  },
]

const genaiCall = (origin: string, secret: string): readonly Snippet[] => [
  {
    language: 'python',
    title: 'Python',
    code: `# pip install google-genai
from google import genai

client = genai.Client(
    http_options={"base_url": "${origin}/genai"},
    api_key="${secret}",
)
response = client.models.generate_content(
    model="gemini-3.5-flash",
    contents="Hello!",
)
print(response.text)`,
  },
  {
    language: 'typescript',
    title: 'TypeScript',
    code: `// npm install @google/genai; keep this as hello.mjs, then: node hello.mjs
import { GoogleGenAI } from '@google/genai'

const client = new GoogleGenAI({
  httpOptions: { baseUrl: '${origin}/genai' },
  apiKey: '${secret}',
})
const response = await client.models.generateContent({
  model: 'gemini-3.5-flash',
  contents: 'Hello!',
})
console.log(response.text)`,
  },
  {
    language: 'bash',
    title: 'curl',
    code: `curl ${origin}/genai/v1beta/models/gemini-3.5-flash:generateContent \\
  -H "x-goog-api-key: ${secret}" \\
  -H 'Content-Type: application/json' \\
  -d '{"contents": [{"parts": [{"text": "Hello!"}]}]}'`,
  },
]
