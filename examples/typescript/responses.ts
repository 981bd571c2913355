import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.env.AICREDITMART_BASE_URL + '/v1/',
  apiKey: process.env.AICREDITMART_API_KEY,
})

const response = await client.responses.create({
  model: 'gpt-5.4',
  input: 'How far is New York from London?',
})

console.log(response.output_text)
console.log(`Tokens used: ${response.usage?.total_tokens}`)
