/** generateContent, streamGenerateContent and countTokens. */
import { choiceOf, seedOf, type Choice } from '../choice.ts'
import type { Directives } from '../directives.ts'
import type { Exchange } from '../exchange.ts'
import type { Prompt } from '../prompt.ts'
import { freeJson, type Generation, type Headers, type Reply } from '../reply.ts'
import type { Usage } from '../usage.ts'
import { generateForm, generatePrompt, parseCountCall, parseGenerateCall, type GenerateCall } from './generate-call.ts'
import { isImageModel, isThinkingModel, requireGeminiModel } from './models.ts'
import { drawPicture, pictureSizeOf, type Picture } from './picture.ts'
import type { Candidate, Generated } from './generated.ts'
import { bodyOf, contentStream } from './response.ts'

/** One candidate: what was said and what was drawn. */
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
  const prompt = generatePrompt(call)
  const isBlocked = directives.blocked ?? false
  const candidates = isBlocked ? [] : await candidatesOf({ call, model, prompt, directives })
  const cachedInput = Math.min(
    prompt.tokens,
    directives.cached ?? promptCache.cachedTokens(`${cacheOwner} genai ${model}`, prompt.texts),
  )
  const usage = usageOf(prompt, cachedInput, candidates)
  const modelVersion = directives.served ?? model
  const includeThoughts = call.generationConfig?.thinkingConfig?.includeThoughts === true
  return {
    generated: {
      id: id.slice(4, 26),
      modelVersion,
      prompt,
      candidates,
      usage,
      includeThoughts,
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
      const choice = choiceAt(asked, seedOf(prompt.question, model, config.seed, index), size?.tokens ?? 0)
      return { choice: modalities.includes('TEXT') ? choice : withoutText(choice), picture: await draw(index) }
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
  toolName: null,
  visibleTokens: 0,
  ending: 'stop',
})

function choiceAt({ call, model, prompt, directives }: Asked, seed: number, pictureTokens: number): Choice {
  const config = call.generationConfig ?? {}
  return choiceOf({
    question: prompt.question,
    seed,
    tokensWanted: directives.tokens,
    tokensMax: Math.max(0, (config.maxOutputTokens ?? 65_536) - pictureTokens),
    reasoning: {
      tokens: directives.reasoning ?? thoughtsTokens(call, model, seed),
      isExact: directives.reasoning !== undefined,
    },
    stop: config.stopSequences ?? [],
    unicode: directives.unicode ?? false,
    form: generateForm(call, directives.tool ?? false),
  })
}

function thoughtsTokens(call: GenerateCall, model: string, seed: number): number {
  const { thinkingBudget, thinkingLevel } = call.generationConfig?.thinkingConfig ?? {}
  if (!isThinkingModel(model) || thinkingBudget === 0) return 0
  const factor = { MINIMAL: 0, LOW: 0.5, MEDIUM: 1, HIGH: 2 }[thinkingLevel?.toUpperCase() ?? 'MEDIUM'] ?? 1
  const tokens = Math.floor((80 + (seed % 200)) * factor)
  return thinkingBudget !== undefined && thinkingBudget > 0 ? Math.min(tokens, thinkingBudget) : tokens
}

function usageOf(prompt: Prompt, cachedInput: number, candidates: readonly Candidate[]): Usage {
  const sum = (tokens: (candidate: Candidate) => number): number =>
    candidates.reduce((total, candidate) => total + tokens(candidate), 0)
  return {
    input: prompt.tokens - cachedInput,
    cachedInput,
    output: sum(({ choice }) => choice.visibleTokens),
    reasoning: sum(({ choice }) => choice.reasoningTokens),
    imageOutput: sum(({ picture }) => picture?.tokens ?? 0),
  }
}
