/** A generated answer in Google's JSON: as one body, or as chunks with running totals. */
import type { Choice } from '../choice.ts'
import { hashOf, randomFrom } from '../hash.ts'
import type { Prompt } from '../prompt.ts'
import type { Part } from '../reply.ts'
import { noUsage, type Usage } from '../usage.ts'
import { reportedUsage } from '../wrong-usage.ts'
import type { Candidate, Generated } from './generated.ts'

/** The whole answer as a GenerateContentResponse. */
export function bodyOf(generated: Generated): object {
  const candidates = generated.candidates.map((candidate, index) => {
    const given = [...deltasOf(generated, candidate, candidate.choice.pieces.length)].map((delta) => delta.part)
    const parts = given.map((part, at) =>
      at === given.length - 1 && candidate.choice.reasoningTokens > 0
        ? { ...part, thoughtSignature: signature(generated.id) }
        : part,
    )
    return { content: { parts, role: 'model' }, finishReason: finishReason(candidate.choice), index }
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
    sent = { ...sent, reasoning: sent.reasoning + candidate.choice.reasoningTokens }
    for (const { part, output, imageOutput } of deltasOf(generated, candidate, 4)) {
      sent = { ...sent, output: sent.output + output, imageOutput: sent.imageOutput + imageOutput }
      yield { response: responseOf(generated, [{ content: { parts: [part], role: 'model' }, index }], sent), sent }
    }
    const last = {
      content: { parts: [{ text: '', thoughtSignature: signature(generated.id) }], role: 'model' },
      finishReason: finishReason(candidate.choice),
      index,
    }
    yield { response: responseOf(generated, [last], sent), sent }
  }
}

type Delta = { readonly part: object; readonly output: number; readonly imageOutput: number }

/** The parts of a candidate in order: thoughts, text in groups of at most `piecesMax` pieces, a function call, a picture. */
function* deltasOf(
  { id, includeThoughts }: Generated,
  { choice, picture }: Candidate,
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
  if (choice.toolName !== null) yield { part: functionCallOf(choice, id), ...nothing, output: choice.visibleTokens }
  else yield* textDeltas(choice, piecesMax)
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
      part: { text: group.map((piece) => piece.text).join('') },
      output: group.reduce((sum, piece) => sum + piece.tokens, 0),
      imageOutput: 0,
    }
  }
}

/** Arguments cut by the token limit are no JSON any more; Google sends none then. */
function functionCallOf(choice: Choice, id: string): object {
  const args: unknown = choice.ending === 'length' ? {} : JSON.parse(choice.pieces.map((piece) => piece.text).join(''))
  return { functionCall: { id: `call_${id}`, name: choice.toolName, args }, thoughtSignature: signature(id) }
}

const signature = (id: string): string => Buffer.from(`sandbox ${id} ${hashOf(id)}`).toString('base64')
const finishReason = ({ ending }: Choice): string => (ending === 'length' ? 'MAX_TOKENS' : 'STOP')

function responseOf(
  { id, modelVersion, prompt, usageWish, isBlocked }: Generated,
  candidates: readonly object[],
  usage: Usage,
): object {
  const usageMetadata = reportedUsage(usageMetadataOf(prompt, usage, isBlocked), usageWish)
  const said = isBlocked ? { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } } : { candidates }
  return { ...said, ...(usageMetadata ? { usageMetadata } : {}), modelVersion, responseId: id }
}

/** Google's counts: the prompt's include what was cached; the candidates' exclude thoughts; the total has all. */
function usageMetadataOf(
  prompt: Prompt,
  { input, cachedInput, output, reasoning, imageOutput }: Usage,
  isBlocked: boolean,
) {
  const byModality = [
    ...(output > 0 && imageOutput > 0 ? [{ modality: 'TEXT', tokenCount: output }] : []),
    ...(imageOutput > 0 ? [{ modality: 'IMAGE', tokenCount: imageOutput }] : []),
  ]
  return {
    promptTokenCount: input + cachedInput,
    ...(isBlocked ? {} : { candidatesTokenCount: output + imageOutput }),
    totalTokenCount: input + cachedInput + output + imageOutput + reasoning,
    ...(cachedInput > 0
      ? { cachedContentTokenCount: cachedInput, cacheTokensDetails: [{ modality: 'TEXT', tokenCount: cachedInput }] }
      : {}),
    promptTokensDetails: prompt.tokensByModality,
    ...(byModality.length > 0 ? { candidatesTokensDetails: byModality } : {}),
    ...(reasoning > 0 ? { thoughtsTokenCount: reasoning } : {}),
  }
}
