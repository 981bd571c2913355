import { expect, test } from 'bun:test'
import { choicesText, messageText } from './message-text.ts'

test.each<[string, unknown, string]>([
  ['content', { content: 'a' }, 'a'],
  ['parts', { content: [{ type: 'text', text: 'a' }, { type: 'refusal', refusal: 'b' }, { type: 'image_url' }] }, 'ab'],
  ['refusal', { refusal: 'a' }, 'a'],
  ['reasoning_content: DeepSeek', { reasoning_content: 'a' }, 'a'],
  ['reasoning: vLLM, Groq', { reasoning: 'a' }, 'a'],
  ['reasoning as an object', { reasoning: { content: 'a' } }, 'a'],
  [
    'reasoning_details: OpenRouter',
    {
      reasoning_details: [
        { type: 'reasoning.text', text: 'a' },
        { type: 'reasoning.summary', summary: 'b' },
        { type: 'reasoning.encrypted', data: 'xxxx' },
      ],
    },
    'ab',
  ],
  ['thinking', { thinking: 'a' }, 'a'],
  ['thinking_blocks: LiteLLM', { thinking_blocks: [{ type: 'thinking', thinking: 'a', signature: 'xxxx' }] }, 'a'],
  ['thinking parts: Mistral', { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'a' }] }] }, 'a'],
  ['thought', { thought: 'a' }, 'a'],
  ['function_call', { function_call: { name: 'f', arguments: '{}' } }, 'f{}'],
  ['tool_calls', { tool_calls: [{ index: 0, function: { name: 'f', arguments: '{}' } }] }, 'f{}'],
  ['arguments as an object: Ollama', { tool_calls: [{ function: { name: 'f', arguments: { x: 1 } } }] }, 'f{"x":1}'],
  ['custom tools', { tool_calls: [{ type: 'custom', custom: { name: 'sh', input: 'ls' } }] }, 'shls'],
  ['audio transcripts', { audio: { id: 'a', data: 'UklGRg==', transcript: 'a' } }, 'a'],
  [
    'annotations are none',
    { content: 'a', annotations: [{ type: 'url_citation', url_citation: { title: 'b' } }] },
    'a',
  ],
  [
    'nulls and odd members',
    { content: null, refusal: 5, tool_calls: [null, 5, {}], reasoning_details: {}, audio: 'x' },
    '',
  ],
  ['no message', null, ''],
])('text that the client was given counts: %s', (_, message, text) => {
  expect(messageText(message)).toBe(text)
})

test('reasoning that is told under several names counts once', () => {
  const said = { reasoning: 'thinking', reasoning_content: 'thinking', reasoning_details: [{ text: 'thinking' }] }
  expect(messageText({ content: 'a', ...said })).toBe('athinking')
})

test('of every choice, wherever a server puts its text', () => {
  const choices = [{ delta: { content: 'a' } }, { message: { content: 'b' } }, { text: 'c' }, { delta: null }, null, 5]
  expect(choicesText(choices)).toBe('abc')
  expect(choicesText({})).toBe('')
})
