/** generateContent, streamGenerateContent and countTokens. */
import { choiceOf, seedOf, type Choice } from '../choice.ts'
import type { Directives } from '../directives.ts'
import type { Exchange } from '../exchange.ts'
import type { Prompt } from '../prompt.ts'
import { freeJson, type Generation, type Headers, type Reply } from '../reply.ts'
import { noUsage, type Usage } from '../usage.ts'
import type { GenerateCall } from './call.ts'
import { generateForm, generatePrompt, parseCountCall, parseGenerateCall } from './generate-call.ts'
import { isImageModel, isThinkingModel, refuseBeyondContext, requireGeminiModel } from './models.ts'
import { drawPicture, pictureSizeOf, type Picture } from './picture.ts'
import { saidTokens, type Candidate, type Generated } from './generated.ts'
import { bodyOf, contentStream } from './response.ts'
import { refuseForModel } from './rules.ts'

/** The version and the model of a URL. */
export type ModelPath = { readonly version: string; readonly model: string }

/** POST …:generateContent */
export async function generateContent(exchange: Exchange, path: ModelPath): Promise<Reply> {
  const { generated, headers, generation } = await generate(exchange, path, 'generateContent')
  return {
    kind: 'plain',
    status: 200,
    headers: { ...headers, 'content-type': 'application/json; charset=UTF-8' },
    body: JSON.stringify(bodyOf(generated)),
    generation,
  }
}

/** POST …:streamGenerateContent, as events with `alt=sse`, else as a JSON array. */
export async function streamGenerateContent(exchange: Exchange, path: ModelPath): Promise<Reply> {
  const { generated, headers, generation } = await generate(exchange, path, 'streamGenerateContent')
  const isSse = exchange.url.searchParams.get('alt') === 'sse'
  const contentType = isSse ? 'text/event-stream' : 'application/json; charset=UTF-8'
  return {
    kind: 'stream',
    headers: { ...headers, 'content-type': contentType },
    parts: contentStream(generated, isSse ? 'sse' : 'array'),
    generation,
  }
}

/** POST …:countTokens; free. */
export function countTokensOfContent({ body }: Exchange, { version, model }: ModelPath): Reply {
  requireGeminiModel(model, version, 'countTokens')
  const prompt = generatePrompt(parseCountCall(body))
  return freeJson({ totalTokens: prompt.tokens, promptTokensDetails: prompt.tokensByModality })
}

async function generate(
  exchange: Exchange,
  { version, model }: ModelPath,
  endpoint: string,
): Promise<{ readonly generated: Generated; readonly headers: Headers; readonly generation: Generation }> {
  requireGeminiModel(model, version, endpoint)
  const { directives, promptCache, cacheOwner, dress, id } = exchange
  const call = parseGenerateCall(exchange.body)
  refuseForModel(call, model)
  const prompt = generatePrompt(call)
  refuseBeyondContext(model, prompt.tokens)
  const isBlocked = directives.blocked ?? false
  const candidates = isBlocked ? [] : await candidatesOf({ call, model, prompt, directives })
  const cachedInput = Math.min(
    prompt.tokens,
    directives.cached ?? promptCache.cachedTokens(`${cacheOwner} genai ${model}`, prompt.texts),
  )
  const toolUseTokens = candidates[0]?.grounded?.toolUseTokens ?? 0
  const usage = usageOf(prompt.tokens + toolUseTokens, cachedInput, candidates)
  const { responseLogprobs, logprobs = 0 } = call.generationConfig ?? {}
  const modelVersion = directives.served ?? model
  const includeThoughts = call.generationConfig?.thinkingConfig?.includeThoughts === true
  return {
    generated: {
      id: id.slice(4, 26),
      modelVersion,
      prompt,
      candidates,
      usage,
      toolUseTokens,
      includeThoughts,
      logprobs: responseLogprobs ? logprobs : null,
      usageWish: directives.usage,
      isBlocked,
      dress,
    },
    headers: {
      'x-gemini-service-tier':
        directives.tier ??
        call.serviceTier?.toLowerCase().replace('service_tier_', '').replace('unspecified', 'standard') ??
        'standard',
    },
    generation: { dialect: 'genai', endpoint, model, servedModel: modelVersion, status: 200, usage },
  }
}

type Asked = {
  readonly call: GenerateCall
  readonly model: string
  readonly prompt: Prompt
  readonly directives: Directives
}

async function candidatesOf(asked: Asked): Promise<readonly Candidate[]> {
  const { call, model, prompt } = asked
  const config = call.generationConfig ?? {}
  const modalities = modalitiesOf(config.responseModalities, model)
  const size = modalities.includes('IMAGE') ? pictureSizeOf(model, config) : null
  const draw = async (index: number): Promise<Picture | null> =>
    size && drawPicture(index === 0 ? prompt.question : `${prompt.question} (${index + 1})`, size)
  return Promise.all(
    Array.from({ length: config.candidateCount ?? 1 }, async (_, index): Promise<Candidate> => {
      const { choice, grounded } = choiceAt(
        asked,
        seedOf(prompt.question, model, config.seed, index),
        size?.tokens ?? 0,
      )
      const isSaid = modalities.includes('TEXT') && !choice.isRefusal
      return {
        choice: isSaid ? choice : withoutText(choice),
        picture: choice.isRefusal ? null : await draw(index),
        grounded,
      }
    }),
  )
}

/** What is to come out. A model that does not draw answers in text, whatever it was asked for. */
function modalitiesOf(given: readonly string[] | undefined, model: string): readonly string[] {
  if (!isImageModel(model)) return ['TEXT']
  return given ? given.map((modality) => modality.toUpperCase()) : ['TEXT', 'IMAGE']
}

const withoutText = (choice: Choice): Choice => ({
  ...choice,
  pieces: [],
  calls: [],
  visibleTokens: 0,
  ending: 'stop',
})

function choiceAt(
  { call, model, prompt, directives }: Asked,
  seed: number,
  pictureTokens: number,
): Omit<Candidate, 'picture'> {
  const config = call.generationConfig ?? {}
  const { form, grounded } = generateForm(call, prompt.question, directives)
  const runTokens = (grounded?.parts ?? []).reduce((sum, { output }) => sum + output, 0)
  const choice = choiceOf({
    question: prompt.question,
    seed,
    tokensWanted: directives.tokens,
    tokensMax: Math.max(0, (config.maxOutputTokens ?? 65_536) - pictureTokens - runTokens),
    reasoning: {
      tokens: directives.reasoning ?? thoughtsTokens(call, model, seed),
      isExact: directives.reasoning !== undefined,
    },
    stop: config.stopSequences ?? [],
    unicode: directives.unicode ?? false,
    form,
  })
  return { choice, grounded }
}

function thoughtsTokens(call: GenerateCall, model: string, seed: number): number {
  const { thinkingBudget, thinkingLevel } = call.generationConfig?.thinkingConfig ?? {}
  if (!isThinkingModel(model) || thinkingBudget === 0) return 0
  const factor = { MINIMAL: 0, LOW: 0.5, MEDIUM: 1, HIGH: 2, XHIGH: 3 }[thinkingLevel ?? 'MEDIUM'] ?? 1
  const tokens = Math.floor((80 + (seed % 200)) * factor)
  return thinkingBudget !== undefined && thinkingBudget > 0 ? Math.min(tokens, thinkingBudget) : tokens
}

function usageOf(promptTokens: number, cachedInput: number, candidates: readonly Candidate[]): Usage {
  const sum = (tokens: (candidate: Candidate) => number): number =>
    candidates.reduce((total, candidate) => total + tokens(candidate), 0)
  return {
    ...noUsage,
    input: promptTokens - cachedInput,
    cachedInput,
    output: sum(saidTokens),
    reasoning: sum(({ choice }) => choice.reasoningTokens),
    imageOutput: sum(({ picture }) => picture?.tokens ?? 0),
  }
}
