/** Every kind of provider that makes pictures as OpenAI does, simulated, each with an account of its own. */
const base = '${MART_SANDBOX_URL}/as'

export const pictureProviders = {
  openai: { kind: 'openai', baseUrl: `${base}/openai/a/v1`, apiKey: '${KEY_A}' },
  azure: { kind: 'azure-openai', endpoint: `${base}/azure/b`, apiKey: '${KEY_B}' },
  older: {
    kind: 'azure-openai',
    endpoint: `${base}/azure/c`,
    apiKey: '${KEY_C}',
    style: 'deployments',
    apiVersion: '2025-04-01-preview',
  },
}
export const pictureKeys = { KEY_A: 'key-a', KEY_B: 'key-b', KEY_C: 'key-c' }
