/** The first call, ready to paste: the same code on the welcome page and in the first run's output. */
export const languages = ['curl', 'python', 'typescript'] as const
export type Language = (typeof languages)[number]
type Sdk = 'openai' | 'genai'
/** Model by SDK. */
type Models = Readonly<Record<Sdk, string>>
export type Snippet = { readonly install: string | null; readonly code: string }

const usualModels: Models = { openai: 'gpt-5.4', genai: 'gemini-3.5-flash' }

/** The first call in each language, with the gateway's address and a key, or a word in its place, filled in. */
export const snippets = (
  baseUrl: string,
  key: string,
  models = usualModels,
): Readonly<Record<Language, Readonly<Record<Sdk, Snippet>>>> => ({
  curl: {
    openai: { install: null, code: curlOpenai(baseUrl, key, models.openai) },
    genai: { install: null, code: curlGenai(baseUrl, key, models.genai) },
  },
  python: {
    openai: { install: 'pip install openai', code: pythonOpenai(baseUrl, key) },
    genai: { install: 'pip install google-genai', code: pythonGenai(baseUrl, key) },
  },
  typescript: {
    openai: { install: 'npm install openai', code: typescriptOpenai(baseUrl, key) },
    genai: { install: 'npm install @google/genai', code: typescriptGenai(baseUrl, key) },
  },
})

// Double quotes around the key, so that it may be a shell's variable.
const curlOpenai = (baseUrl: string, key: string, model: string): string => `curl ${baseUrl}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H 'Content-Type: application/json' \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello!"}]}'`

const curlGenai = (
  baseUrl: string,
  key: string,
  model: string,
): string => `curl ${baseUrl}/genai/v1beta/models/${model}:generateContent \\
  -H "x-goog-api-key: ${key}" \\
  -H 'Content-Type: application/json' \\
  -d '{"contents": [{"parts": [{"text": "Hello!"}]}]}'`

const pythonOpenai = (baseUrl: string, key: string): string => `from openai import OpenAI

client = OpenAI(
    base_url="${baseUrl}/v1/",
    api_key="${key}",
)
response = client.chat.completions.create(
    model="gpt-5.4",
    messages=[{"role": "user", "content": "Hello!"}],
)
print(response.choices[0].message.content)`

const pythonGenai = (baseUrl: string, key: string): string => `from google import genai

client = genai.Client(
    http_options={
        "base_url": "${baseUrl}/genai",
    },
    api_key="${key}",
)
response = client.models.generate_content(
    model="models/gemini-3.5-flash",
    contents="Hello!",
)
print(response.text)`

const typescriptOpenai = (baseUrl: string, key: string): string => `import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: '${baseUrl}/v1/',
  apiKey: '${key}',
})
const response = await client.chat.completions.create({
  model: 'gpt-5.4',
  messages: [{ role: 'user', content: 'Hello!' }],
})
console.log(response.choices[0].message.content)`

const typescriptGenai = (baseUrl: string, key: string): string => `import { GoogleGenAI } from '@google/genai'

const client = new GoogleGenAI({
  httpOptions: { baseUrl: '${baseUrl}/genai' },
  apiKey: '${key}',
})
const response = await client.models.generateContent({
  model: 'models/gemini-3.5-flash',
  contents: 'Hello!',
})
console.log(response.text)`
