import { writeFileSync } from 'node:fs'
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.env.AICREDITMART_BASE_URL + '/v1/',
  apiKey: process.env.AICREDITMART_API_KEY,
})

const response = await client.images.generate({
  model: 'gpt-image-2',
  prompt: 'A majestic horse standing in a field',
  n: 1,
  size: '1024x1024',
  quality: 'medium',
  output_format: 'png',
})

const b64 = response.data?.[0]?.b64_json
if (b64) {
  writeFileSync('horse.png', Buffer.from(b64, 'base64'))
  console.log('Saved horse.png')
}
