/** A small chat and its answer, as the lanes that measure chats send it. */
export const chatPath = '/v1/chat/completions'
export const chatAnswer = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1_763_800_000,
  model: 'gpt-5.4-2026-03-05',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hello there. '.repeat(20), refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: 40,
    completion_tokens: 61,
    total_tokens: 101,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  },
  service_tier: 'default',
})
export const chatBody = JSON.stringify({
  model: 'gpt-5.4',
  messages: [{ role: 'user', content: 'hello '.repeat(30).trim() }],
  max_completion_tokens: 200,
})
