import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.env.AICREDITMART_BASE_URL + '/v1/',
  apiKey: process.env.AICREDITMART_API_KEY,
})

// 1. Create the video
let video = await client.videos.create({
  model: 'sora-2',
  prompt: 'A cat playing piano in a jazz bar',
  size: '1280x720',
  seconds: '4',
})

// 2. Poll until complete
while (video.status === 'queued' || video.status === 'in_progress') {
  await setTimeout(5_000)
  video = await client.videos.retrieve(video.id)
  console.log(`Status: ${video.status}`)
}

// 3. Download
if (video.status === 'completed') {
  const content = await client.videos.downloadContent(video.id, { variant: 'video' })
  writeFileSync('output.mp4', Buffer.from(await content.arrayBuffer()))
  console.log('Saved output.mp4')
}
