/** The page at `/`: what the sandbox serves and how to make it misbehave. */
import { directiveTable } from './directives.ts'
import type { Reply } from './reply.ts'

const rows = Object.entries(directiveTable).map(([key, { values, help }]) => `| \`${key}\` | ${values} | ${help} |`)

const page = `# AICreditMart sandbox

Simulated OpenAI and Gemini. Nothing here was thought by a model; the token counts are real.

Credential: \`sandbox-credential\`, as \`Authorization: Bearer …\` (OpenAI) or \`x-goog-api-key\` (Gemini).

- OpenAI, under /v1 (and /v1beta/openai): POST /chat/completions, POST /embeddings, GET /models, GET /models/{id}
- Gemini, under /v1, /v1beta, /v1alpha: POST /models/{m}:generateContent, :streamGenerateContent, :countTokens, GET /models, GET /models/{m}
- The count: GET /sandbox/count, GET /sandbox/requests?after=N&limit=M, GET /sandbox/requests/{x-client-request-id}, POST /sandbox/reset

## Directives

Write \`[[sandbox: status=429 retry_after=2]]\` anywhere in a prompt or input, or send the header \`x-sandbox: status=429 retry_after=2\` (it wins).

| key | takes | does |
| --- | --- | --- |
${rows.join('\n')}
`

/** GET / */
export const aboutPage = (): Reply => ({
  kind: 'plain',
  status: 200,
  headers: { 'content-type': 'text/markdown; charset=utf-8' },
  body: page,
  generation: null,
})
