/** A receipt for people: what was used at which price, or why nothing was charged. */
import type { Receipt } from '../control/contract.ts'
import { formatUsd } from '../lib/amounts.ts'
import { faultWords, isFault } from '../upstreams/fault-words.ts'
import { count, facts, table, usd } from './text.ts'

type Attempt = Receipt['attempts'][number]

export function receiptText(receipt: Receipt): string {
  const isFree = receipt.lines.length === 0 && receipt.chargeNano === '0'
  const parts = [summaryOf(receipt), isFree ? whyNothing(receipt) : chargesOf(receipt)]
  const tells = receipt.attempts.length > 1 || receipt.attempts.some(({ error }) => error !== null)
  return [...parts, ...(tells ? [attemptsOf(receipt)] : [])].join('\n\n')
}

const summaryOf = (receipt: Receipt): string =>
  facts([
    ['request', receipt.requestId],
    ['organization', receipt.organizationId],
    ['key', receipt.keyId],
    ['mode', receipt.mode],
    ['admitted', receipt.admittedAt],
    ['ended', `${receipt.endedAt} (${receipt.ending}, HTTP ${receipt.status}, ${Math.round(receipt.latencyMs)} ms)`],
    ['endpoint', receipt.endpoint],
    ['model', receipt.servedModel === null ? receipt.model : `${receipt.model}, served by ${receipt.servedModel}`],
    ['upstream', `${receipt.upstream} in ${receipt.region}`],
    ['price', `${receipt.serviceTier}, of ${receipt.priceFrom}`],
    ['flags', receipt.flags.join(', ') || null],
  ])

function chargesOf(receipt: Receipt): string {
  const lines = receipt.lines.map((line) => [
    line.class,
    count(line.quantity),
    line.unit,
    usd(line.usdPerUnit),
    usd(line.amountUsd),
  ])
  const headings = ['CLASS', 'QUANTITY', 'UNIT', 'USD/UNIT', 'AMOUNT']
  const amounts = facts([
    ['held', usd(formatUsd(receipt.holdNano))],
    ['written off', receipt.writeOffNano === '0' ? null : usd(formatUsd(receipt.writeOffNano))],
    ['charged', usd(receipt.chargeUsd)],
  ])
  return `${table(headings, lines, ['QUANTITY', 'USD/UNIT', 'AMOUNT'])}\n\n${amounts}`
}

const whyNothing = (receipt: Receipt): string =>
  receipt.ending === 'reserved' ? whyReserved(receipt) : whyNotCharged(receipt)

const whyReserved = ({ holdNano }: Receipt): string =>
  `${usd(formatUsd(holdNano))} is reserved, which is the most that this can cost. It is charged for what its provider says was used, once that is known; the rest is free again.`

const whyNotCharged = (receipt: Receipt): string =>
  `Nothing was charged: ${reasonOf(receipt)}. The ${usd(formatUsd(receipt.holdNano))} held for it are free again.`

function reasonOf({ ending, status, attempts }: Receipt): string {
  switch (ending) {
    case 'completed':
      return 'nothing was used'
    case 'client-left':
      return 'the client left before there was anything to charge'
    case 'upstream-refused':
      return `the provider refused the request as it was (${status})`
    case 'reserved':
      return 'it is not known yet what is owed'
    case 'cancelled':
      return 'it was cancelled'
    case 'expired':
      return 'its provider gave no result in time'
    case 'in-doubt':
      return 'the server was stopped before anything was received'
    case 'upstream-failed':
      return attempts.length === 0
        ? 'no deployment could be asked; `mart deployment list` says why'
        : 'no deployment gave an answer'
  }
}

const attemptsOf = ({ attempts }: Receipt): string => ['attempts', ...attempts.map(attemptText)].join('\n  ')

/** `mine in us: its credential was refused (401), after 12 ms`. */
const attemptText = (attempt: Attempt): string =>
  `${attempt.deployment} in ${attempt.region}: ${wordsOf(attempt)}, after ${Math.round(attempt.endedMs)} ms`

function wordsOf({ error, status }: Attempt): string {
  if (error === null) return `answered (${status})`
  if (isFault(error)) return faultWords(error, status)
  const words = deadlines[error] ?? error
  return status === null ? words : `${words} (${status})`
}

const deadlines: Readonly<Record<string, string>> = {
  'first-byte': 'it did not begin its answer in time',
  idle: 'its answer stood still for too long',
  total: 'its answer took too long',
  drain: 'its answer was not read to the end',
  'client-left': 'the client left',
}
