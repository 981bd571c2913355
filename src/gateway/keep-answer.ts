/**
 * Keeping the answer to a request that came with an idempotency key, for whoever repeats it: whole and synced before the
 * request is settled. Requests without a key never come here.
 */
import type { AnswerHeaders } from '../lib/http-server/contract.ts'
import type { Keeping } from '../money/kept-answers.ts'
import type { Admitted } from './admit.ts'
import { okStatus, type Answered } from './answered.ts'
import type { GatewayDeps } from './deps.ts'
import { freeUse } from './idempotency.ts'

/** What is kept of an answer beside its bytes. */
export type KeptHead = {
  readonly status: number
  readonly headers: Readonly<AnswerHeaders>
  /** It is given little by little. */
  readonly streamed: boolean
}

type KeepDeps = Pick<GatewayDeps, 'keptAnswers' | 'clock'>

/** Keeps an answer that has all come. */
export async function keepPlain(
  { admitted, bytes }: Extract<Answered, { kind: 'plain' }>,
  headers: AnswerHeaders,
  deps: KeepDeps,
): Promise<void> {
  const keeping = begin(admitted, headers, false, deps)
  await keeping?.add(bytes)
  await keeping?.end(true)
}

/** Begins to keep a stream; null where it is not kept. */
export const keepStream = (admitted: Admitted, headers: AnswerHeaders, deps: KeepDeps): Keeping | null =>
  admitted.idempotency && begin(admitted, headers, true, deps)

function begin(admitted: Admitted, headers: AnswerHeaders, streamed: boolean, deps: KeepDeps): Keeping | null {
  const { requestId, key } = admitted
  const head: KeptHead = { status: okStatus, headers: lasting(headers), streamed }
  const owner = { requestId, organizationId: key.organizationId }
  return deps.keptAnswers.begin(owner, head, freeUse(admitted, deps) ?? undefined)
}

/** What is so of the first answer alone: whose it is, what it cost, and how far its key had used up its limits. */
const ofTheFirst = /^(?:x-request-id|x-mart-(?:charge|reserved)-usd|x-ratelimit-.*)$/
const lasting = (headers: AnswerHeaders): AnswerHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheFirst.test(name)))
