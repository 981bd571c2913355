/** A chat completion as server-sent events, the way OpenAI sends them. */
import type { Choice } from '../choice.ts'
import { randomFrom } from '../hash.ts'
import type { Part } from '../reply.ts'
import { noUsage, type Usage } from '../usage.ts'
import { finishReason, toolCallId, type Completion } from './completion.ts'

/**
 * The records of the stream, `[DONE]` included. With `includeUsage` every chunk has `usage:null` and
 * one more without choices has the usage; without it no chunk has the key at all.
 */
export function* chatStream(completion: Completion, includeUsage: boolean): Generator<Part> {
  const { input, cachedInput } = completion.usage
  let sent: Usage = { ...noUsage, input, cachedInput }
  for (const [index, choice] of completion.choices.entries()) {
    sent = { ...sent, reasoning: sent.reasoning + choice.reasoningTokens }
    let sentOfChoice = 0
    for (const { delta, tokens, finish } of deltasOf(completion, choice, index)) {
      sentOfChoice = finish === null ? Math.min(sentOfChoice + tokens, choice.visibleTokens) : choice.visibleTokens
      yield recordOf(completion, includeUsage, [{ index, delta, logprobs: null, finish_reason: finish }], {
        ...sent,
        output: sent.output + sentOfChoice,
      })
    }
    sent = { ...sent, output: sent.output + choice.visibleTokens }
  }
  if (includeUsage && completion.wireUsage) yield recordOf(completion, true, [], completion.usage)
  yield { wire: 'data: [DONE]\n\n', sent: completion.usage }
}

type Delta = { readonly delta: object; readonly tokens: number; readonly finish: string | null }

function* deltasOf(completion: Completion, choice: Choice, index: number): Generator<Delta> {
  const tool = choice.toolName
  const named = {
    index: 0,
    id: toolCallId(completion.id, index),
    type: 'function',
    function: { name: tool, arguments: '' },
  }
  yield {
    delta: {
      role: 'assistant',
      content: tool === null ? '' : null,
      ...(tool === null ? {} : { tool_calls: [named] }),
      refusal: null,
    },
    tokens: choice.visibleTokens - piecesTokens(choice),
    finish: null,
  }
  for (const { text, tokens } of groupsOf(choice)) {
    const delta = tool === null ? { content: text } : { tool_calls: [{ index: 0, function: { arguments: text } }] }
    yield { delta, tokens, finish: null }
  }
  yield { delta: {}, tokens: 0, finish: finishReason(choice) }
}

const piecesTokens = (choice: Choice): number => choice.pieces.reduce((sum, piece) => sum + piece.tokens, 0)

/** One to three tokens at a time, as a vendor's chunks have them. */
function* groupsOf({ pieces }: Choice): Generator<{ readonly text: string; readonly tokens: number }> {
  const random = randomFrom(pieces.length)
  for (let at = 0; at < pieces.length;) {
    const group = pieces.slice(at, at + 1 + Math.floor(random() * 3))
    at += group.length
    yield {
      text: group.map((piece) => piece.text).join(''),
      tokens: group.reduce((sum, piece) => sum + piece.tokens, 0),
    }
  }
}

function recordOf(completion: Completion, includeUsage: boolean, choices: readonly object[], sent: Usage): Part {
  const usage = includeUsage ? { usage: choices.length === 0 ? completion.wireUsage : null } : {}
  const chunk = {
    id: completion.id,
    object: 'chat.completion.chunk',
    created: completion.created,
    model: completion.model,
    service_tier: completion.tier,
    system_fingerprint: 'fp_sandbox',
    choices,
    ...usage,
  }
  const wire = completion.dress ? completion.dress(chunk, false) : chunk
  return { wire: `data: ${JSON.stringify(wire)}\n\n`, sent }
}
