/** A request in one line for people: when, how it went, what was asked of which model, how long, how much, at what charge, for whom, and its id. */
import type { RequestEnded } from '../gateway/observe.ts'
import { formatUsd } from '../lib/amounts.ts'
import { harmless, painter, timeOfDay, type Colour } from '../lib/log-text.ts'
import type { Attempt, Settlement } from '../store/store.ts'
import { safeName } from './safe-name.ts'

/** Enough for nearly all, so that what follows stands in columns. */
const endpointChars = 21
const modelChars = 24
const msChars = 10

type TextStyle = { readonly addresses: boolean; readonly coloured: boolean }

/** `10:28:33 200 chat.completions gpt-5.4 1,235 ms 100→42 tokens $0.001234567 completed 192.0.2.1 req_…`; `at`: epoch ms. */
export function requestText(ended: RequestEnded, at: number, { addresses, coloured }: TextStyle): string {
  const { requestId, endpoint, model, status, durationMs, settlement, address } = ended
  const paint = painter(coloured)
  const parts = [
    paint('dim', timeOfDay(at)),
    paint(colourOf(status), String(status).padStart(3)),
    endpoint.padEnd(endpointChars),
    harmless(safeName(model) ?? '-').padEnd(modelChars),
    `${Math.round(durationMs).toLocaleString('en-US')} ms`.padStart(msChars),
    ...(settlement ? [tokensText(settlement), paint('green', chargeText(settlement))] : []),
    ...endingWords(ended).map((word) => (word === 'completed' ? word : paint('yellow', word))),
    ...(addresses ? [paint('dim', address)] : []),
    paint('dim', requestId),
  ]
  return parts.join(' ')
}

const colourOf = (status: number): Colour => (status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green')

/** Test money is no money, and says so. */
const chargeText = ({ chargeNano, mode }: Settlement): string =>
  `$${formatUsd(chargeNano)}${mode === 'test' ? ' test' : ''}`

/** All that went in and all that came out: the classes are disjoint. */
const tokensText = ({ tokens: { input, cachedInput, output, reasoning } }: Settlement): string =>
  `${input + cachedInput}→${output + reasoning} tokens`

/** Why it failed, how it ended, how often it was tried, what the receipt remarks. */
function endingWords({ failure, relayed, settlement, replayOf }: RequestEnded): string[] {
  const { ending, attempts = [] } = relayed ?? {}
  return [
    ...(failure ? [failure] : []),
    ...(replayOf ? [`replay-of=${replayOf}`] : []),
    ...(relayed && failure?.startsWith('upstream_') ? [lastErrorOf(attempts)] : []),
    ...(ending && ending !== failure?.replaceAll('_', '-') ? [ending] : []),
    ...(attempts.length > 1 ? [`attempts=${attempts.length}`] : []),
    ...(settlement?.flags ?? []),
  ]
}

/** Where nobody was asked, all of them rest: `mart deployment list` says why. */
function lastErrorOf(attempts: readonly Attempt[]): string {
  const last = attempts.at(-1)
  return last ? `${last.deployment}:${(last.error ?? 'failed').replaceAll(' ', '-')}` : 'all-at-rest'
}
