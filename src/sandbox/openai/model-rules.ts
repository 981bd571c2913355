/** What a chat model does not take, in OpenAI's words. Google's models behind OpenAI's dialect take everything. */
import { refuseBeyondContext as refuseBeyondGoogles } from '../genai/models.ts'
import { Refusal } from '../refusal.ts'
import type { ChatCall } from './chat-fields.ts'

/** What a family of models takes and makes. */
export type Rule = {
  readonly isOf: (model: string) => boolean
  /** None: it does not reason. */
  readonly efforts: readonly string[]
  readonly outputTokensMax: number
  readonly context: Context
}

/** `inputTokens`: the most of a prompt. `together`: the most of a prompt and the output that is asked for. */
type Context = { readonly inputTokens: number } | { readonly together: number }

/** https://platform.openai.com/docs/models: what a context window leaves beside the largest output, and whole windows of older models. */
const ofInput = { inputTokens: 272_000 }
const ofLongInput = { inputTokens: 922_000 }

const withoutMinimal = ['none', 'low', 'medium', 'high'] as const
const rules: readonly Rule[] = [
  rule(/^gpt-5(?:-(?:mini|nano|chat-latest|\d).*)?$/, ['minimal', 'low', 'medium', 'high'], 128_000, ofInput),
  rule(/^gpt-5\.1/, withoutMinimal, 128_000, ofInput),
  rule(/^gpt-5\.[45](?!-(?:mini|nano))/, [...withoutMinimal, 'xhigh'], 128_000, ofLongInput),
  rule(/^gpt-5\.[2-5]/, [...withoutMinimal, 'xhigh'], 128_000, ofInput),
  rule(/^gpt-[5-9]/, [...withoutMinimal, 'xhigh', 'max'], 128_000, ofLongInput),
  rule(/^gpt-4\.1/, [], 32_768, { together: 1_047_576 }),
  rule(/^gpt-4o/, [], 16_384, { together: 128_000 }),
  rule(/^gpt-/, [], 16_384, { together: 128_000 }),
]

function rule(family: RegExp, efforts: readonly string[], outputTokensMax: number, context: Context): Rule {
  return { isOf: (model) => family.test(model), efforts, outputTokensMax, context }
}

/** What is known of a model; undefined of Google's, which are asked nothing. */
export const ruleOf = (model: string): Rule | undefined => rules.find(({ isOf }) => isOf(model))

/** gpt-5 and later think, in multiples of 64 tokens, the longer the higher the effort. */
export function reasoningTokens(model: string, effort: ChatCall['reasoning_effort'], seed: number): number {
  const blocks = { none: 0, minimal: 0, low: 1, medium: 2, high: 4, xhigh: 8, max: 8 }[effort ?? 'medium']
  return /^gpt-[5-9]/.test(model) ? 64 * blocks * (1 + (seed % 3)) : 0
}

/** Refuses with 400 a prompt that is longer than the model reads, in OpenAI's words for models of its generation. */
export function refuseBeyondContext(call: ChatCall, promptTokens: number): void {
  if (call.model.startsWith('gemini-')) refuseBeyondGoogles(call.model, promptTokens)
  const context = ruleOf(call.model)?.context
  if (!context) return
  if ('inputTokens' in context) {
    if (promptTokens > context.inputTokens)
      throw tooLong(
        `Input tokens exceed the configured limit of ${context.inputTokens} tokens. Your messages resulted in ${promptTokens} tokens. Please reduce the length of the messages.`,
      )
    return
  }
  const outputTokens = call.max_completion_tokens ?? call.max_tokens ?? 0
  const began = `This model's maximum context length is ${context.together} tokens. However, `
  if (promptTokens > context.together)
    throw tooLong(`${began}your messages resulted in ${promptTokens} tokens. Please reduce the length of the messages.`)
  if (promptTokens + outputTokens > context.together)
    throw tooLong(
      `${began}you requested ${promptTokens + outputTokens} tokens (${promptTokens} in the messages, ${outputTokens} in the completion). Please reduce the length of the messages or completion.`,
    )
}

const tooLong = (message: string): Refusal =>
  new Refusal(400, message, { param: 'messages', code: 'context_length_exceeded' })

/**
 * Refuses with 400 what the model does not take. `max_tokens` is refused where the sandbox poses as a provider;
 * elsewhere it is taken for what everybody means by it, because no end of clients still sends it.
 */
export function refuseForModel(call: ChatCall, isPosing: boolean): void {
  const { model } = call
  const known = ruleOf(model)
  if (!known) return
  if (call.extra_body !== undefined) throw unknownParameter('extra_body')
  refuseTooMany(call, known.outputTokensMax)
  if (call.web_search_options && !searches(model))
    throw new Refusal(400, 'Web search options not supported with this model.', { param: 'web_search_options' })
  refuseEffort(call, known.efforts)
  if (known.efforts.length === 0) return
  if (isPosing && isSet(call.max_tokens))
    throw new Refusal(
      400,
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      { param: 'max_tokens', code: 'unsupported_parameter' },
    )
  // Without reasoning they sample as the others do.
  if (call.reasoning_effort !== 'none') refuseSampling(call)
}

/** OpenAI's 400 for a field that it does not have. */
const unknownParameter = (param: string): Refusal =>
  new Refusal(400, `Unknown parameter: '${param}'.`, { param, code: 'unknown_parameter' })

/** Models that search the web before they answer. */
export const searches = (model: string): boolean => /-search-(?:preview|api)/.test(model)

const isSet = (value: unknown): boolean => value !== undefined && value !== null

function refuseTooMany({ max_tokens, max_completion_tokens }: ChatCall, most: number): void {
  const asked = max_completion_tokens ?? max_tokens
  if (!asked || asked <= most) return
  throw new Refusal(
    400,
    `max_tokens is too large: ${asked}. This model supports at most ${most} completion tokens, whereas you provided ${asked}.`,
    { param: isSet(max_completion_tokens) ? 'max_completion_tokens' : 'max_tokens', code: 'invalid_value' },
  )
}

function refuseEffort({ reasoning_effort }: ChatCall, efforts: readonly string[]): void {
  if (!reasoning_effort || efforts.includes(reasoning_effort)) return
  const param = 'reasoning_effort'
  if (efforts.length === 0) throw unsupportedParameter(param)
  const all = efforts.map((effort) => `'${effort}'`)
  const listed = `${all.slice(0, -1).join(', ')}, and ${all.at(-1)}`
  throw new Refusal(
    400,
    `Unsupported value: '${param}' does not support '${reasoning_effort}' with this model. Supported values are: ${listed}.`,
    { param, code: 'unsupported_value' },
  )
}

/** OpenAI's 400 for a field that the model does not have. */
export const unsupportedParameter = (param: string): Refusal =>
  new Refusal(400, `Unsupported parameter: '${param}' is not supported with this model.`, {
    param,
    code: 'unsupported_parameter',
  })

function refuseSampling(call: ChatCall): void {
  const { temperature, top_p, logprobs, top_logprobs, presence_penalty, frequency_penalty, logit_bias } = call
  if (isSet(temperature) && temperature !== 1)
    throw new Refusal(
      400,
      `Unsupported value: 'temperature' does not support ${temperature} with this model. Only the default (1) value is supported.`,
      { param: 'temperature', code: 'unsupported_value' },
    )
  const given = {
    top_p: isSet(top_p) && top_p !== 1,
    logprobs: logprobs === true,
    top_logprobs: isSet(top_logprobs),
    presence_penalty: Boolean(presence_penalty),
    frequency_penalty: Boolean(frequency_penalty),
    logit_bias: isSet(logit_bias) && Object.keys(logit_bias!).length > 0,
  }
  const param = Object.entries(given).find(([, isGiven]) => isGiven)?.[0]
  if (param !== undefined) throw unsupportedParameter(param)
}
