/** `/as/{pose}/{account}/…`: the sandbox posing as a real provider. Each pose has its own page of URLs. */
import type { Account } from '../accounts.ts'
import type { Directives } from '../directives.ts'
import { decoded, type Exchange } from '../exchange.ts'
import { membersOf } from '../form.ts'
import { poseNames, type PoseName } from '../origin.ts'
import type { Reply } from '../reply.ts'
import { aiStudioPose } from './ai-studio.ts'
import { azurePose } from './azure.ts'
import { openaiPose } from './openai.ts'
import { arrivedWith, refused, type Pose, type Posed } from './pose.ts'
import { vertexPose } from './vertex.ts'

const poses: Readonly<Record<PoseName, Pose>> = {
  openai: openaiPose,
  azure: azurePose,
  'ai-studio': aiStudioPose,
  vertex: vertexPose,
}

/** The call at its account, which behaves as it was told; null for a URL that is of no account. */
export function atAccount(exchange: Exchange): Posed | null {
  const [, pose, name, rest] = /^\/as\/([a-z-]+)\/([\w-]{1,64})(\/.*)$/.exec(exchange.url.pathname) ?? []
  const known = poseNames.find((candidate) => candidate === pose)
  if (!known || name === undefined || rest === undefined) return null
  const account = exchange.accounts.of(known, name)
  const fields = fieldsOf(exchange)
  const request = arrivedWith(fields, exchange.headers)
  // At Google access tokens come from another host, which knows nothing of the trouble of this one.
  const told = rest === '/token' ? {} : directivesOf(account)
  return {
    ...exchange,
    directives: { ...exchange.directives, ...told },
    cacheOwner: `${known}/${name}`,
    isPosing: true,
    account,
    rest,
    fields,
    origin: { pose: known, account: name, region: null, upstreamModel: textOf(fields['model']), request },
  }
}

/** Serves a call at an account. */
export async function servePosed(method: string, exchange: Posed): Promise<Reply> {
  const { door, routes, missing } = poses[exchange.account.pose]
  const known = isLacking(exchange) ? [] : routes
  for (const [routeMethod, path, handler] of known) {
    const match = method === routeMethod ? path.exec(exchange.rest) : null
    if (match) return handler(exchange, ...match.slice(1).map(decoded))
  }
  return refused(door, exchange, missing(`${method} ${exchange.rest}`))
}

/** Whether the account was told not to have this path, which begins behind the version. */
function isLacking({ account, rest }: Posed): boolean {
  const path = rest.replace(/^(?:\/openai)?(?:\/v1(?:beta|alpha)?)?/, '')
  return account.control.lacks?.some((lacked) => path === lacked || path.startsWith(`${lacked}/`)) ?? false
}

/** What the account was told, as directives of every call. */
function directivesOf({ control }: Account): Directives {
  return {
    ...(control.status === undefined ? {} : { status: control.status }),
    ...(control.code === undefined ? {} : { code: control.code }),
    ...(control.retryAfter === undefined ? {} : { retry_after: control.retryAfter }),
    ...(control.latencyMs === undefined ? {} : { latency_ms: control.latencyMs }),
    ...(control.reset ? { reset_after: 0 } : {}),
    ...(control.stall ? { stall: true } : {}),
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function fieldsOf({ body, form }: Exchange): Readonly<Record<string, unknown>> {
  if (form) return membersOf(form, {})
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : {}
  } catch {
    return {}
  }
}
