/**
 * How much one person, organization or address may have of what all share: requests under way, and answers that stream for as long as their
 * readers stay. Reports take turns on one thread, so whoever asked for a thousand at once would have everybody wait.
 */
import { networkOf } from '../../lib/http-server/client-address.ts'
import { AdminError } from '../admin/error.ts'

/** Somebody, with how many are theirs at most. */
type Holder = readonly [key: string, max: number]
type Share = {
  /** One more of all of these; gives what ends it, and does so once. Throws where one of them has too many. */
  readonly take: (holders: readonly Holder[]) => () => void
}

/** Answers that stream: of one person, as many as pages that somebody can have open; of all, fewer than the control thread takes requests. */
export const streamsOfPersonMax = 60
/** Of the members of one organization, and from one address: neither leaves nothing for the others. */
export const streamsOfOrganizationMax = 200
export const streamsOfAddressMax = 300
export const streamsMax = 600
/** Requests under way of one person: a page asks some at once. */
export const requestsOfPersonMax = 32

export type StreamOf = {
  readonly personId: string
  readonly organizationId: string | undefined
  /** An IP address; null where it is not known. */
  readonly address: string | null
}
export type Shares = {
  readonly takeStream: (of: StreamOf) => () => void
  readonly takeRequest: (personId: string) => () => void
}

export function createShares(): Shares {
  const streams = createShare('too_many_streams')
  const requests = createShare('too_many_at_once')
  return {
    takeStream: ({ personId, organizationId, address }) =>
      streams.take([
        ['all', streamsMax],
        [`person ${personId}`, streamsOfPersonMax],
        ...(organizationId === undefined
          ? []
          : [[`organization ${organizationId}`, streamsOfOrganizationMax] as const]),
        ...(address === null ? [] : [[`address ${networkOf(address)}`, streamsOfAddressMax] as const]),
      ]),
    takeRequest: (personId) => requests.take([[personId, requestsOfPersonMax]]),
  }
}

function createShare(code: 'too_many_streams' | 'too_many_at_once'): Share {
  const many = new Map<string, number>()
  const add = (key: string, one: 1 | -1): void => {
    const now = (many.get(key) ?? 0) + one
    if (now === 0) many.delete(key)
    else many.set(key, now)
  }
  return {
    take(holders) {
      if (holders.some(([key, max]) => (many.get(key) ?? 0) >= max)) throw new AdminError(code, { retryAfterMs: 1_000 })
      for (const [key] of holders) add(key, 1)
      let isTaken = true
      return () => {
        if (isTaken) for (const [key] of holders) add(key, -1)
        isTaken = false
      }
    },
  }
}

const always = (): Promise<boolean> => Promise.resolve(true)

/**
 * An answer of the same bytes, and no more of them than are asked for, which ends where `goesOn` says so; `ended` is told
 * when it ends or its reader leaves.
 */
export function followed(response: Response, ended: () => void, goesOn = always): Response {
  const reader = response.body!.getReader()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done && (await goesOn())) return controller.enqueue(value)
          ended()
          controller.close()
          await reader.cancel()
        } catch (error) {
          ended()
          throw error
        }
      },
      async cancel(reason) {
        ended()
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, response)
}
