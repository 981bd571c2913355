/**
 * What the poses share: a call at an account of a provider, and the door it goes through. Whatever is
 * refused is refused in the words of the provider posed as, and noted at the account.
 */
import { noteRefused, standingOf, takeCall, type Account } from '../accounts.ts'
import { refuseOnDemand, refuseVirtualKeys, type Exchange } from '../exchange.ts'
import type { Arrived, Origin } from '../origin.ts'
import { Refusal, type RefusalDetail } from '../refusal.ts'
import { freeJson, type Headers, type Reply } from '../reply.ts'

/** A call at an account. */
export type Posed = Exchange & {
  readonly account: Account
  readonly origin: Origin
  /** The path behind `/as/{pose}/{account}`. */
  readonly rest: string
  /** The members of the body; none when it is no JSON object. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** How a provider refuses and what it puts into its headers. */
export type Door = {
  /** Refuses whose credential it does not know. */
  readonly admit: (exchange: Posed) => void
  /** How a message names the account at fault: words that no client may see. */
  readonly whose: (exchange: Posed) => string
  /** Its 429 for too many calls a minute. */
  readonly rate: (exchange: Posed, detail: RefusalDetail) => Refusal
  /** Its 429 for an account that may spend no more. */
  readonly quota: (exchange: Posed, detail: RefusalDetail) => Refusal
  readonly refusal: (exchange: Posed, refusal: Refusal) => Reply
  /** The headers of an answer that the endpoint gave these. */
  readonly headers: (exchange: Posed, given: Headers) => Headers
}

/** A pose: its URLs behind the account, first match first, and what it says of others. */
export type Pose = {
  readonly door: Door
  readonly routes: readonly PoseRoute[]
  readonly missing: (url: string) => Refusal
}
export type PoseRoute = readonly [method: string, path: RegExp, handler: PoseHandler]
type PoseHandler = (exchange: Posed, ...captured: string[]) => Reply | Promise<Reply>

/** What is asked for behind the door. */
export type Asked = {
  readonly answer: () => Reply | Promise<Reply>
  /** The model or deployment as sent, and where it was asked for. */
  readonly upstreamModel?: string
  readonly region?: string
}

/** Runs an endpoint behind a provider's door. Never rejects for a bad request. */
export async function behind(door: Door, exchange: Posed, asked: Asked): Promise<Reply> {
  const { account } = exchange
  const { reset, stall } = account.control
  if (reset || stall) {
    noteRefused(account, reset ? 'reset' : 'stall')
    return freeJson({})
  }
  try {
    refuseVirtualKeys(exchange)
    door.admit(exchange)
    refuseAsTold(door, exchange)
    const reply = await asked.answer()
    account.served += 1
    return { ...withOrigin(reply, exchange, asked), headers: door.headers(exchange, reply.headers) }
  } catch (error) {
    if (error instanceof Refusal) return refused(door, exchange, error)
    throw error
  }
}

/** Answers with a refusal, and notes it at the account. */
export function refused(door: Door, exchange: Posed, refusal: Refusal): Reply {
  noteRefused(exchange.account, refusal.status)
  return door.refusal(exchange, refusal)
}

function refuseAsTold(door: Door, exchange: Posed): void {
  const { account, at, directives } = exchange
  const code = directives.code === undefined ? {} : { code: directives.code }
  if (account.control.quota) throw door.quota(exchange, code)
  const { retry_after: seconds } = directives
  if (directives.status === 429)
    throw door.rate(exchange, { ...code, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) })
  refuseOnDemand(directives, door.whose(exchange))
  if (!takeCall(account, at)) throw door.rate(exchange, { retryAfterSeconds: standingOf(account, at).resetSeconds })
}

function withOrigin(reply: Reply, exchange: Posed, { upstreamModel, region }: Asked): Reply {
  if (reply.generation === null) return reply
  const origin = {
    ...exchange.origin,
    region: region ?? null,
    upstreamModel: upstreamModel ?? reply.generation.model,
  }
  return { ...reply, generation: { ...reply.generation, origin } }
}

/** What is told of a call that arrived. */
export const arrivedWith = (fields: Posed['fields'], headers: Posed['headers']): Arrived => ({
  ...('store' in fields ? { store: fields['store'] } : {}),
  clientHeaders: Object.keys(headers),
})

/** The number of an account's project at Google: twelve digits, the first nine the same, so that a test can look for them. */
export const projectOf = ({ account }: Posed): string => `projects/123456789${numberOf(account.name)}`

/** Three digits that depend on the name alone. */
function numberOf(name: string): string {
  let sum = 0
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)!) % 1_000
  return String(sum).padStart(3, '0')
}

/** The token of `Authorization: Bearer …`; undefined for none. */
export const bearerOf = ({ headers }: Posed): string | undefined =>
  /^Bearer\s+(\S.*)$/i.exec(headers.authorization ?? '')?.[1]
