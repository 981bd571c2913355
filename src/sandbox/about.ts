/** The page at `/`: what the sandbox serves and how to make it misbehave. */
import { Control } from './accounts.ts'
import { directiveTable } from './directives.ts'
import type { Reply } from './reply.ts'

const rows = Object.entries(directiveTable).map(([key, { values, help }]) => `| \`${key}\` | ${values} | ${help} |`)

const fields = Object.keys(Control.shape).join(', ')

const page = `# AICreditMart sandbox

Simulated OpenAI and Gemini. Nothing here was thought by a model; the token counts are real.

Credential: \`sandbox-credential\`, as \`Authorization: Bearer …\` (OpenAI) or \`x-goog-api-key\` (Gemini).

- OpenAI, under /v1 (and /v1beta/openai): POST /chat/completions, POST /embeddings, GET /models, GET /models/{id}; under /v1 alone POST /images/generations, /images/edits, /files, /videos, /responses and /conversations with all that belongs to them, and stored chat completions
- Gemini, under /v1, /v1beta, /v1alpha: POST /models/{m}:generateContent, :streamGenerateContent, :countTokens, GET /models, GET /models/{m}
- Posing as a provider, where only that provider's credential and fields are accepted: /as/openai/{account}/v1, /as/azure/{account}/openai, /as/ai-studio/{account}/v1beta, /as/vertex/{account}/v1 and /v1beta1, with POST /as/vertex/{account}/token. The credential is key-{account}, for Vertex a token.
- Accounts: GET /sandbox/accounts; GET, PUT, DELETE /sandbox/accounts/{pose}/{account} with ${fields}; PUT /sandbox/accounts/vertex/{account}/public-key
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
