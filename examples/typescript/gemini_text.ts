import { GoogleGenAI } from '@google/genai'

const client = new GoogleGenAI({
  apiKey: process.env.AICREDITMART_API_KEY!,
  httpOptions: { baseUrl: process.env.AICREDITMART_BASE_URL + '/genai' },
})

const response = await client.models.generateContent({
  model: 'models/gemini-3.5-flash',
  contents: 'Tell me about London in one sentence.',
})

console.log(response.text)
