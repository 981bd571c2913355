/**
 * Delivers to endpoints of organizations what they want to be told of, and looks for credit that has come to be low; all
 * of it off the request path. What is delivered stands in the store, so a restart loses nothing; a crash between a try and
 * its note delivers again, under the same id.
 */
import type { Clock } from '../lib/clock.ts'
import { inBackground, type Log } from '../lib/log.ts'
import type { Post, Posted } from '../lib/post-outside.ts'
import type { Seal } from '../lib/seal.ts'
import type { Crossing, Delivery, DueDelivery, WebhookStore } from '../store/store.ts'

export type DelivererDeps = {
  readonly store: Pick<WebhookStore, 'crossAlerts' | 'dueDeliveries' | 'forgetDeliveries' | 'noteDelivery'>
  /** Brings everything journaled so far into the store. */
  readonly ship: () => Promise<void>
  readonly seal: Pick<Seal, 'open'>
  readonly post: (post: Post) => Promise<Posted>
  /** Private addresses that the operator lets webhooks go to. */
  readonly allows: (address: string) => boolean
  /** Told of credit that has come to be low, for what is no webhook; it is in their hands whether that comes through. */
  readonly onLow?: (crossing: Crossing) => void
  readonly clock: Clock
  readonly log: Log
}

export type Deliverer = {
  /** Tries what is due; resolves when all of it has been tried. */
  readonly deliver: () => Promise<void>
  readonly lookAtCredit: () => Promise<void>
  readonly stop: () => void
}

const deliverMs = 1_000
const lookMs = 5_000
const forgetMs = 60 * 60_000
const keptMs = 30 * 24 * 60 * 60_000
const forgottenMax = 1_000
/** At a time, of all endpoints. */
const takenMax = 128
const answerMsMax = 15_000
/** After so long no other is begun at an endpoint, because all wait for the slowest. */
const turnMsMax = 1_000
const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** The pauses after each try that failed, as Standard Webhooks advises; behind the last there is no other. */
const pauses = [
  5_000,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
]
/** An endpoint at which everything failed for so long is used no more. */
const failingMsMax = 5 * 24 * hourMs

export function createDeliverer(deps: DelivererDeps): Omit<Deliverer, 'stop'> {
  const { store, clock } = deps
  let underWay: Promise<void> | null = null
  const deliverDue = async (): Promise<void> => {
    try {
      const due = await store.dueDeliveries(clock.now(), takenMax)
      const ofEndpoint = Map.groupBy(due, ({ webhook }) => webhook.id)
      await Promise.all([...ofEndpoint.values()].map((each) => attemptInOrder(each, deps)))
    } finally {
      underWay = null
    }
  }
  return {
    deliver: () => (underWay ??= deliverDue()),
    async lookAtCredit() {
      await deps.ship()
      for (const crossing of await store.crossAlerts()) {
        const { organizationId, mode } = crossing
        deps.log.info({ event: 'credit-low', organizationId, mode, creditNano: crossing.creditNano.toString() })
        deps.onLow?.(crossing)
      }
    },
  }
}

/** Begins to deliver and to look. */
export function startDelivering(deps: DelivererDeps): Deliverer {
  const { log, clock, store } = deps
  const deliverer = createDeliverer(deps)
  const timers = [
    setInterval(() => inBackground(log, 'deliver-webhooks', deliverer.deliver), deliverMs),
    setInterval(() => inBackground(log, 'look-at-credit', deliverer.lookAtCredit), lookMs),
    setInterval(
      () =>
        inBackground(
          log,
          'forget-deliveries',
          async () => void (await store.forgetDeliveries(clock.now() - keptMs, forgottenMax)),
        ),
      forgetMs,
    ),
  ]
  return { ...deliverer, stop: () => timers.forEach((timer) => clearInterval(timer)) }
}

/** One after the other at one endpoint, until one is not taken or its time is up: what is left comes next time. */
async function attemptInOrder(due: readonly DueDelivery[], deps: DelivererDeps): Promise<void> {
  const until = deps.clock.monotonic() + turnMsMax
  for (const one of due) if (!(await attempt(one, deps)) || deps.clock.monotonic() >= until) return
}

/** Whether it was taken. */
async function attempt({ delivery, webhook }: DueDelivery, deps: DelivererDeps): Promise<boolean> {
  const { clock, store, log } = deps
  const at = clock.now()
  const startedAt = clock.monotonic()
  const { status, error } = await post(delivery, { url: webhook.url, sealed: webhook.sealedSecret, at }, deps)
  const ms = Math.round(clock.monotonic() - startedAt)
  const isTaken = status !== null && status >= 200 && status < 300
  await store.noteDelivery(
    delivery.id,
    { at, ms, status, error },
    { ...nextOf(delivery, isTaken, clock.now()), failingMsMax },
  )
  if (!isTaken)
    log.info({ event: 'webhook-not-taken', webhook: webhook.id, delivery: delivery.id, status, reason: error })
  return isTaken
}

function nextOf({ tries }: Delivery, isTaken: boolean, now: number): Pick<Delivery, 'state' | 'nextAt'> {
  if (isTaken) return { state: 'delivered', nextAt: null }
  const pause = pauses[tries]
  return pause === undefined ? { state: 'failed', nextAt: null } : { state: 'pending', nextAt: now + pause }
}

type Target = { readonly url: string; readonly sealed: string; readonly at: number }

async function post({ id, payload }: Delivery, { url, sealed, at }: Target, deps: DelivererDeps): Promise<Posted> {
  let signature: string
  try {
    // A gateway that tells nobody anything need not have it in memory.
    const { Webhook: Signer } = await import('standardwebhooks')
    signature = new Signer(deps.seal.open(sealed)).sign(id, new Date(at), payload)
  } catch {
    return { status: null, error: 'its secret cannot be read: MART_SECRET, or DATA_DIR/secret, is another one' }
  }
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'AICreditMart-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1_000)),
    'webhook-signature': signature,
  }
  return deps.post({ url, headers, body: payload, msMax: answerMsMax, allows: deps.allows })
}
