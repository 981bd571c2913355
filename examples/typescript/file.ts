import OpenAI, { toFile } from 'openai'

const client = new OpenAI({
  baseURL: process.env.AICREDITMART_BASE_URL + '/v1/',
  apiKey: process.env.AICREDITMART_API_KEY,
})

// 1. Upload
const file = await client.files.create({
  file: await toFile(Buffer.from('Sales rose by 4 % in the second quarter.'), 'report.txt'),
  purpose: 'user_data',
})

// 2. Ask about it
const response = await client.responses.create({
  model: 'gpt-5.4',
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_file', file_id: file.id },
        { type: 'input_text', text: 'What does the report say?' },
      ],
    },
  ],
})
console.log(response.output_text)

// 3. Delete
await client.files.delete(file.id)
