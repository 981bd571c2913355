/** A chat completion as server-sent events, the way OpenAI sends them. */
import type { Choice } from '../choice.ts'
import { groupsOf } from '../groups.ts'
import type { Part } from '../reply.ts'
import { noUsage, type Usage } from '../usage.ts'
import { finishReason, isLegacy, toolCallOf, wireLogprobs, type Completion } from './completion.ts'

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
    for (const { delta, tokens, logprobs, finish } of deltasOf(completion, choice, index)) {
      sentOfChoice = finish === undefined ? Math.min(sentOfChoice + tokens, choice.visibleTokens) : choice.visibleTokens
      const said = { index, delta, logprobs: logprobs ?? null, finish_reason: finish ?? null }
      yield recordOf(completion, includeUsage, [said], { ...sent, output: sent.output + sentOfChoice })
    }
    sent = { ...sent, output: sent.output + choice.visibleTokens }
  }
  if (includeUsage && completion.wireUsage) yield recordOf(completion, true, [], completion.usage)
  yield { wire: 'data: [DONE]\n\n', sent: completion.usage }
}

type Delta = {
  readonly delta: object
  readonly tokens: number
  readonly logprobs?: object | null
  readonly finish?: string
}

function* deltasOf(completion: Completion, choice: Choice, index: number): Generator<Delta> {
  if (choice.calls.length > 0) yield* callDeltas(completion, choice, index)
  else yield* textDeltas(completion, choice)
  yield { delta: {}, tokens: 0, finish: finishReason(completion, choice) }
}

function* textDeltas(completion: Completion, choice: Choice): Generator<Delta> {
  const { isRefusal } = choice
  yield { delta: { role: 'assistant', content: isRefusal ? null : '', refusal: isRefusal ? '' : null }, tokens: 0 }
  let from = 0
  for (const { group, text, tokens } of groupsOf(choice.pieces)) {
    const logprobs = completion.logprobs === null ? null : wireLogprobs(completion, choice, group, from)
    yield { delta: isRefusal ? { refusal: text } : { content: text }, tokens, logprobs }
    from += tokens
  }
  if (completion.annotations.length > 0) yield { delta: { annotations: completion.annotations }, tokens: 0 }
}

/** The first call comes with the role; its arguments follow, and then the next one. */
function* callDeltas(completion: Completion, choice: Choice, index: number): Generator<Delta> {
  const legacy = isLegacy(completion, choice)
  for (const [at, call] of choice.calls.entries()) {
    const isCustom = completion.kindOfTool(call.name) === 'custom'
    const begun = toolCallOf(completion, call, '', { choice: index, call: at })
    const head = at === 0 ? { role: 'assistant', content: null } : {}
    const named = legacy
      ? { function_call: { name: call.name, arguments: '' } }
      : { tool_calls: [{ index: at, ...begun }] }
    yield { delta: { ...head, ...named, ...(at === 0 && { refusal: null }) }, tokens: call.nameTokens }
    for (const { text, tokens } of groupsOf(call.pieces)) {
      const more = isCustom ? { custom: { input: text } } : { function: { arguments: text } }
      const delta = legacy ? { function_call: { arguments: text } } : { tool_calls: [{ index: at, ...more }] }
      yield { delta, tokens }
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
