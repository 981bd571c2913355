/** POST /chat/completions, plain and streamed. */
import { choiceOf, seedOf, textOf, type Choice } from '../choice.ts'
import type { Directives } from '../directives.ts'
import type { Exchange } from '../exchange.ts'
import type { Prompt } from '../prompt.ts'
import { generatedEvents, generatedJson, type Generation, type Part, type Reply } from '../reply.ts'
import { noUsage, type Usage } from '../usage.ts'
import { reportedUsage } from '../wrong-usage.ts'
import { chatForm, chatPrompt, outputTokensMax, parseChatCall, refuseChatCall, type ChatCall } from './chat-call.ts'
import { chatStream } from './chat-stream.ts'
import { kindOfTool } from './chat-tools.ts'
import { finishReason, isLegacy, toolCallOf, wireLogprobs, type Completion } from './completion.ts'
import { refuseBlocked } from './errors.ts'
import { refuseUnknownFiles } from './files/named-files.ts'
import { reasoningTokens, refuseBeyondContext } from './model-rules.ts'
import { requireChatModel, snapshotOf, tierOf } from './models.ts'
import { keepCompletion } from './stored-completions.ts'
import { searchAnswer } from './web-search.ts'

/** Answers a chat call; refuses with the vendor's 400 or 404. */
export function createChatCompletion(exchange: Exchange): Reply {
  const call = parseChatCall(exchange.body)
  requireChatModel(call.model)
  refuseChatCall(call, exchange.isPosing)
  refuseUnknownFiles(exchange, call.messages)
  refuseBlocked(exchange.directives)
  const completion = complete(call, exchange)
  const { model: servedModel, usage } = completion
  const generation: Generation = {
    dialect: 'openai',
    endpoint: 'chat/completions',
    model: call.model,
    servedModel,
    status: 200,
    usage,
  }
  const keep = (): void => {
    if (call.store) keepCompletion(exchange, call, completion.id, bodyOf(completion))
  }
  if (call.stream) return generatedEvents(streamed(call, completion, keep), generation)
  keep()
  return generatedJson(exchange.dress ? exchange.dress(bodyOf(completion), true) : bodyOf(completion), generation)
}

/** The stream, and what was to be kept of it once it is at its end. */
function* streamed(call: ChatCall, completion: Completion, keep: () => void): Generator<Part> {
  yield* chatStream(completion, call.stream_options?.include_usage === true)
  keep()
}

function complete(call: ChatCall, { directives, promptCache, cacheOwner, dress, id, at }: Exchange): Completion {
  const prompt = chatPrompt(call)
  refuseBeyondContext(call, prompt.tokens)
  const choices = Array.from({ length: call.n ?? 1 }, (_, index) => choiceAt(call, prompt, directives, index))
  const cachedInput = Math.min(
    prompt.tokens,
    directives.cached ?? promptCache.cachedTokens(`${cacheOwner} openai ${call.model}`, prompt.texts),
  )
  const usage = usageOf(prompt, cachedInput, choices)
  const reported = reportedUsage(wireUsageOf(usage), directives.usage)
  return {
    id: `chatcmpl-${id.slice(4)}`,
    created: Math.floor(at / 1_000),
    model: directives.served ?? snapshotOf(call.model),
    tier: directives.tier ?? tierOf(call.service_tier),
    choices,
    kindOfTool: (name) => kindOfTool(call, name),
    logprobs: call.logprobs ? (call.top_logprobs ?? 0) : null,
    annotations: annotationsOf(call, prompt, choices),
    usage,
    wireUsage: reported,
    dress,
  }
}

/** Citations, where the text that has them was said to its end. */
function annotationsOf(call: ChatCall, { question }: Prompt, choices: readonly Choice[]): Completion['annotations'] {
  const found = searchAnswer(call, question)
  const isSaid = found !== null && choices.every(({ pieces }) => textOf(pieces) === found.text)
  return isSaid ? found.annotations : []
}

function choiceAt(call: ChatCall, prompt: Prompt, directives: Directives, index: number): Choice {
  const seed = seedOf(prompt.question, call.model, call.seed, index)
  return choiceOf({
    question: prompt.question,
    seed,
    tokensWanted: directives.tokens,
    tokensMax: outputTokensMax(call),
    reasoning: {
      tokens: directives.reasoning ?? reasoningTokens(call.model, call.reasoning_effort, seed),
      isExact: directives.reasoning !== undefined,
    },
    stop: typeof call.stop === 'string' ? [call.stop] : (call.stop ?? []),
    unicode: directives.unicode ?? false,
    form: chatForm(call, prompt.question, directives),
  })
}

function usageOf(prompt: Prompt, cachedInput: number, choices: readonly Choice[]): Usage {
  const sum = (tokens: (choice: Choice) => number): number =>
    choices.reduce((total, choice) => total + tokens(choice), 0)
  return {
    ...noUsage,
    input: prompt.tokens - cachedInput,
    cachedInput,
    output: sum((choice) => choice.visibleTokens),
    reasoning: sum((choice) => choice.reasoningTokens),
  }
}

/** OpenAI's counts overlap: cached tokens are in the prompt's, reasoning tokens in the completion's. */
const wireUsageOf = ({ input, cachedInput, output, reasoning }: Usage) => ({
  prompt_tokens: input + cachedInput,
  completion_tokens: output + reasoning,
  total_tokens: input + cachedInput + output + reasoning,
  prompt_tokens_details: { cached_tokens: cachedInput, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: reasoning,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
})

const bodyOf = (completion: Completion): object => ({
  id: completion.id,
  object: 'chat.completion',
  created: completion.created,
  model: completion.model,
  choices: completion.choices.map((choice, index) => ({
    index,
    message: messageOf(completion, choice, index),
    logprobs: wireLogprobs(completion, choice, choice.pieces, 0),
    finish_reason: finishReason(completion, choice),
  })),
  ...(completion.wireUsage ? { usage: completion.wireUsage } : {}),
  service_tier: completion.tier,
  system_fingerprint: 'fp_sandbox',
})

function messageOf(completion: Completion, choice: Choice, index: number): object {
  const { pieces, calls, isRefusal } = choice
  const text = textOf(pieces)
  const isText = calls.length === 0 && !isRefusal
  const plain = {
    role: 'assistant',
    content: isText ? text : null,
    refusal: isRefusal ? text : null,
    annotations: completion.annotations,
  }
  if (calls.length === 0) return plain
  if (isLegacy(completion, choice)) {
    const { name, pieces: given } = calls[0]!
    return { ...plain, function_call: { name, arguments: textOf(given) } }
  }
  const made = calls.map((call, at) => toolCallOf(completion, call, textOf(call.pieces), { choice: index, call: at }))
  return { ...plain, tool_calls: made }
}
