/**
 * Giving an answer again: to whoever repeats a call with its idempotency key, the very bytes that the first request was
 * given, or would have been. No upstream is asked, and nothing is owed.
 */
import { formatUsd } from '../lib/amounts.ts'
import type { HeadedFile } from '../lib/headed-file.ts'
import type { AnswerHeaders, HttpAnswer } from '../lib/http-server/contract.ts'
import type { KeyRow, KeyUse } from '../store/store.ts'
import type { GatewayDeps } from './deps.ts'
import { leaveUnserved, type Place } from './enter.ts'
import { brokeOff, used } from './idempotency.ts'
import type { KeptHead } from './keep-answer.ts'
import { notifyUnsettled, type Known } from './notify.ts'
import { setRateLimits } from './rate-limit-headers.ts'

/** A request that repeats another. */
export type Repeat = Known & { readonly key: KeyRow; readonly place: Place }

/** The first answer once more; its place is left. Rejects with `idempotency_key_used` where it is not kept. */
export async function replay(first: KeyUse, repeat: Repeat, deps: GatewayDeps): Promise<HttpAnswer> {
  const kept = await deps.keptAnswers.find(first.requestId)
  if (!kept) throw used(first)
  const isSound = !kept.isWhole || (await kept.isSound().catch(() => false))
  if (!isSound) {
    await kept.close()
    deps.log.error({ event: 'answer-damaged', requestId: first.requestId })
    throw used(first)
  }
  const { status, headers, streamed } = kept.head as KeptHead
  const again = headersOf(headers, { first, repeat }, deps)
  const answer = streamed
    ? { status, headers: again, body: streamOf(kept, lastWords(first, repeat, headers)) }
    : { status, headers: first.isFree ? again : { ...again, ...chargedNothing }, ...(await wholeOf(kept, first, deps)) }
  const replayOf = first.requestId
  leaveUnserved(repeat.place)
  notifyUnsettled(repeat, { model: null, status, failure: null, relayed: null, replayOf }, deps)
  return answer
}

const chargedNothing = { 'x-mart-charge-usd': formatUsd(0n) }

/** Those of the first answer, and what says that this is another request: in Stripe's names, which clients of payments know. */
function headersOf(
  headers: Readonly<AnswerHeaders>,
  { first, repeat }: { readonly first: KeyUse; readonly repeat: Repeat },
  { limits }: Pick<GatewayDeps, 'limits'>,
): AnswerHeaders {
  const again: AnswerHeaders = {
    ...headers,
    'x-request-id': repeat.requestId,
    'idempotent-replayed': 'true',
    'original-request': first.requestId,
  }
  setRateLimits(again, limits.standings(repeat.key))
  return again
}

/** Answers up to this long are not counted, as those of upstreams. */
const smallBytesMax = 1024 * 1024

/** All of an answer, as there is room for it. */
async function wholeOf(
  kept: HeadedFile,
  first: KeyUse,
  { answers }: Pick<GatewayDeps, 'answers'>,
): Promise<Pick<HttpAnswer, 'body' | 'released' | 'patienceMs'>> {
  const room = answers.enter(first.organizationId)
  try {
    if (!kept.isWhole) throw used(first)
    if (kept.bodyBytes > smallBytesMax) await room.grow(kept.bodyBytes)
    return { body: await kept.read(0, kept.bodyBytes), released: room.free, patienceMs: room.patienceMs }
  } catch (error) {
    room.free()
    throw error
  } finally {
    await kept.close()
  }
}

const pieceBytesMax = 64 * 1024

/** A stream that is kept, as fast as the client takes it. `words` end one that is not whole; null where only a broken connection can tell it. */
function streamOf(kept: HeadedFile, words: Uint8Array | null): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = await kept.read(at, pieceBytesMax).catch(async (error: unknown) => {
          await kept.close()
          throw error
        })
        at += bytes.length
        if (bytes.length > 0) return controller.enqueue(bytes)
        await kept.close()
        if (kept.isWhole) return controller.close()
        if (words === null) return controller.error(new Error('the first answer broke off here'))
        controller.enqueue(words)
        controller.close()
      },
      cancel: () => kept.close(),
    },
    { highWaterMark: 0 },
  )
}

function lastWords(first: KeyUse, { operation }: Repeat, headers: Readonly<AnswerHeaders>): Uint8Array | null {
  if (!String(headers['content-type']).startsWith('text/event-stream')) return null
  // What was kept last may lack its blank line.
  return new TextEncoder().encode(`\n\n${operation.dialect.streamError(brokeOff(first))}`)
}
