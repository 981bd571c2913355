/** A generated answer in Google's JSON: as one body, or as chunks with running totals. */
import { textOf, type Choice } from '../choice.ts'
import { hashOf, randomFrom } from '../hash.ts'
import { logprobsOf, sumOf, type TokenLogprob } from '../logprobs.ts'
import type { Part } from '../reply.ts'
import type { Piece } from '../tokens.ts'
import { noUsage, type Usage } from '../usage.ts'
import { reportedUsage } from '../wrong-usage.ts'
import { saidTokens, type Candidate, type Generated } from './generated.ts'

/** The whole answer as a GenerateContentResponse. */
export function bodyOf(generated: Generated): object {
  const candidates = generated.candidates.map((candidate, index) => {
    const { choice } = candidate
    const given = [...deltasOf(generated, candidate, choice.pieces.length)].map((delta) => delta.part)
    const isSigned = choice.reasoningTokens > 0 && choice.calls.length === 0
    const parts = given.map((part, at) =>
      isSigned && at === given.length - 1 ? { ...part, thoughtSignature: signature(generated.id) } : part,
    )
    return {
      ...(choice.isRefusal ? {} : { content: { parts, role: 'model' } }),
      ...endingOf(candidate),
      index,
      ...logprobsOfPieces(generated, choice, choice.pieces, 0),
      ...averageOf(generated, choice),
    }
  })
  return dressed(generated, responseOf(generated, candidates, generated.usage), true)
}

const dressed = ({ dress }: Generated, response: object, isLast: boolean): object =>
  dress ? dress(response, isLast) : response

/**
 * The chunks of the answer. `sse` ends each with CRLF CRLF and has no terminator; `array` is one JSON
 * array. Every chunk says what has been used so far, so the last one says what was used.
 */
export function* contentStream(generated: Generated, form: 'sse' | 'array'): Generator<Part> {
  const chunks = [...chunksOf(generated)]
  for (const [at, { response, sent }] of chunks.entries()) {
    const json = JSON.stringify(dressed(generated, response, at === chunks.length - 1))
    if (form === 'sse') yield { wire: `data: ${json}\r\n\r\n`, sent }
    else yield { wire: `${at === 0 ? '[' : ',\r\n'}${json}\n${at === chunks.length - 1 ? ']' : ''}`, sent }
  }
}

function* chunksOf(generated: Generated): Generator<{ readonly response: object; readonly sent: Usage }> {
  const { input, cachedInput } = generated.usage
  let sent: Usage = { ...noUsage, input, cachedInput }
  if (generated.isBlocked) yield { response: responseOf(generated, [], sent), sent }
  for (const [index, candidate] of generated.candidates.entries()) {
    const { choice } = candidate
    const saidBefore = sent.output
    sent = { ...sent, reasoning: sent.reasoning + choice.reasoningTokens }
    let from = 0
    for (const { part, output, imageOutput, pieces } of deltasOf(generated, candidate, 4)) {
      sent = { ...sent, output: sent.output + output, imageOutput: sent.imageOutput + imageOutput }
      const logprobs = pieces ? logprobsOfPieces(generated, choice, pieces, from) : {}
      if (pieces) from += output
      const said = { content: { parts: [part], role: 'model' }, index, ...logprobs }
      yield { response: responseOf(generated, [said], sent), sent }
    }
    sent = { ...sent, output: saidBefore + saidTokens(candidate) }
    const last = {
      ...(choice.isRefusal
        ? {}
        : { content: { parts: [{ text: '', thoughtSignature: signature(generated.id) }], role: 'model' } }),
      ...endingOf(candidate),
      index,
      ...averageOf(generated, choice),
    }
    yield { response: responseOf(generated, [last], sent), sent }
  }
}

type Delta = {
  readonly part: object
  readonly output: number
  readonly imageOutput: number
  /** What a part of text is made of. */
  readonly pieces?: readonly Piece[]
}

/** The parts of a candidate in order: thoughts, code that was run, text in groups of at most `piecesMax` pieces, function calls, a picture. */
function* deltasOf(
  { id, includeThoughts }: Generated,
  { choice, picture, grounded }: Candidate,
  piecesMax: number,
): Generator<Delta> {
  const nothing = { output: 0, imageOutput: 0 }
  if (includeThoughts && choice.reasoningTokens > 0)
    yield {
      part: {
        text: 'This is a simulated thought: the sandbox looks at the question and makes up an answer.',
        thought: true,
      },
      ...nothing,
    }
  for (const { part, output } of grounded?.parts ?? []) yield { part, ...nothing, output }
  for (const [at, call] of choice.calls.entries())
    yield { part: functionCallOf(choice, id, at), ...nothing, output: call.nameTokens + tokensIn(call.pieces) }
  yield* textDeltas(choice, piecesMax)
  if (picture)
    yield {
      part: { inlineData: { mimeType: picture.mimeType, data: picture.data }, thoughtSignature: signature(id) },
      ...nothing,
      imageOutput: picture.tokens,
    }
}

function* textDeltas({ pieces }: Choice, piecesMax: number): Generator<Delta> {
  const random = randomFrom(pieces.length)
  for (let at = 0; at < pieces.length;) {
    const group = pieces.slice(
      at,
      at + (piecesMax === pieces.length ? piecesMax : 1 + Math.floor(random() * piecesMax)),
    )
    at += group.length
    yield {
      part: { text: textOf(group) },
      output: tokensIn(group),
      imageOutput: 0,
      pieces: group,
    }
  }
}

const tokensIn = (pieces: readonly Piece[]): number => pieces.reduce((sum, piece) => sum + piece.tokens, 0)

/** Arguments cut by the token limit are no JSON any more; Google sends none then. The first of several calls is signed. */
function functionCallOf({ calls, ending }: Choice, id: string, at: number): object {
  const { name, pieces } = calls[at]!
  const isCut = ending === 'length' && at === calls.length - 1
  const args: unknown = isCut ? {} : JSON.parse(textOf(pieces))
  const functionCall = { id: `call_${id}${at === 0 ? '' : `_${at}`}`, name, args }
  return at === 0 ? { functionCall, thoughtSignature: signature(id) } : { functionCall }
}

/** Why a candidate ended, and what was found for it. What supports a text is told where all of the text was said. */
function endingOf({ choice, grounded }: Candidate): object {
  const finishReason = choice.isRefusal ? 'SAFETY' : choice.ending === 'length' ? 'MAX_TOKENS' : 'STOP'
  if (grounded === null || choice.isRefusal) return { finishReason }
  const { groundingMetadata, ...others } = grounded.metadata
  if (groundingMetadata === undefined) return { finishReason, ...others }
  const isSaid = textOf(choice.pieces) === grounded.said
  const { groundingSupports, ...rest } = groundingMetadata as { readonly groundingSupports?: unknown }
  return { finishReason, groundingMetadata: isSaid ? { ...rest, groundingSupports } : rest, ...others }
}

function logprobsOfPieces({ logprobs }: Generated, { calls }: Choice, pieces: readonly Piece[], from: number): object {
  if (logprobs === null || calls.length > 0) return {}
  const places = logprobsOf(pieces, from, logprobs)
  return {
    logprobsResult: {
      ...(logprobs > 0 && { topCandidates: places.map(({ top }) => ({ candidates: top.map(wireLogprob) })) }),
      chosenCandidates: places.map(({ chosen }) => wireLogprob(chosen)),
      logProbabilitySum: sumOf(places),
    },
  }
}

const wireLogprob = ({ token, logprob }: TokenLogprob): object => ({
  token,
  tokenId: hashOf(token) % 262_144,
  logProbability: logprob,
})

function averageOf({ logprobs }: Generated, { calls, pieces }: Choice): object {
  if (logprobs === null || calls.length > 0 || pieces.length === 0) return {}
  const places = logprobsOf(pieces, 0, 0)
  return { avgLogprobs: sumOf(places) / places.length }
}

const signature = (id: string): string => Buffer.from(`sandbox ${id} ${hashOf(id)}`).toString('base64')

function responseOf(generated: Generated, candidates: readonly object[], usage: Usage): object {
  const { id, modelVersion, usageWish, isBlocked } = generated
  const usageMetadata = reportedUsage(usageMetadataOf(generated, usage), usageWish)
  const said = isBlocked ? { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } } : { candidates }
  return { ...said, ...(usageMetadata ? { usageMetadata } : {}), modelVersion, responseId: id }
}

/** Google's counts: the prompt's include what was cached; the candidates' exclude thoughts; the total has all. */
function usageMetadataOf(
  { prompt, isBlocked, toolUseTokens }: Generated,
  { input, cachedInput, output, reasoning, imageOutput }: Usage,
) {
  const byModality = [
    ...(output > 0 && imageOutput > 0 ? [{ modality: 'TEXT', tokenCount: output }] : []),
    ...(imageOutput > 0 ? [{ modality: 'IMAGE', tokenCount: imageOutput }] : []),
  ]
  return {
    promptTokenCount: input + cachedInput - toolUseTokens,
    ...(isBlocked ? {} : { candidatesTokenCount: output + imageOutput }),
    totalTokenCount: input + cachedInput + output + imageOutput + reasoning,
    ...(cachedInput > 0
      ? { cachedContentTokenCount: cachedInput, cacheTokensDetails: [{ modality: 'TEXT', tokenCount: cachedInput }] }
      : {}),
    promptTokensDetails: prompt.tokensByModality,
    ...(byModality.length > 0 ? { candidatesTokensDetails: byModality } : {}),
    ...(reasoning > 0 ? { thoughtsTokenCount: reasoning } : {}),
    ...(toolUseTokens > 0
      ? {
          toolUsePromptTokenCount: toolUseTokens,
          toolUsePromptTokensDetails: [{ modality: 'TEXT', tokenCount: toolUseTokens }],
        }
      : {}),
  }
}
