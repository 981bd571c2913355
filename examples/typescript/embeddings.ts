import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.env.AICREDITMART_BASE_URL + '/v1/',
  apiKey: process.env.AICREDITMART_API_KEY,
})

const response = await client.embeddings.create({
  model: 'text-embedding-3-small',
  input: 'The quick brown fox jumps over the lazy dog.',
})

console.log(`Dimensions: ${response.data[0]?.embedding.length}`)
