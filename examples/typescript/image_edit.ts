import { createReadStream, writeFileSync } from 'node:fs'
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.env.AICREDITMART_BASE_URL + '/v1/',
  apiKey: process.env.AICREDITMART_API_KEY,
})

const response = await client.images.edit({
  model: 'gpt-image-2',
  image: createReadStream('horse.png'),
  prompt: 'Put a red saddle on the horse',
  size: '1024x1024',
  quality: 'medium',
})

const b64 = response.data?.[0]?.b64_json
if (b64) {
  writeFileSync('saddled.png', Buffer.from(b64, 'base64'))
  console.log('Saved saddled.png')
}
