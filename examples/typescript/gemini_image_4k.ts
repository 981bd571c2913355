import { writeFileSync } from 'node:fs'
import { GoogleGenAI } from '@google/genai'

const client = new GoogleGenAI({
  apiKey: process.env.AICREDITMART_API_KEY!,
  httpOptions: { baseUrl: process.env.AICREDITMART_BASE_URL + '/genai' },
})

const MODEL = 'gemini-3.1-flash-image'

const r = await client.models.generateContent({
  model: `models/${MODEL}`,
  contents: 'A photorealistic golden retriever wearing a red cape, studio lighting',
  config: { responseModalities: ['IMAGE'], imageConfig: { imageSize: '4K' } },
})

for (const part of r.candidates?.[0]?.content?.parts ?? []) {
  if (part.inlineData?.data) {
    writeFileSync(`${MODEL}.png`, Buffer.from(part.inlineData.data, 'base64'))
    console.log(`Saved ${MODEL}.png`)
  }
}
