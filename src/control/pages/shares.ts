/**
 * How much one person may have of what all share: requests under way, and answers that stream for as long as their
 * readers stay. Reports take turns on one thread, so whoever asked for a thousand at once would have everybody wait.
 */
import { AdminError } from '../admin/error.ts'

type Share = {
  /** One more of somebody's; gives what ends it, and does so once. Throws where there are too many. */
  readonly take: (personId: string) => () => void
}

/** Answers that stream: of one person, as many as pages that somebody can have open; of all, fewer than the control thread takes requests. */
export const streamsOfPersonMax = 60
export const streamsMax = 600
/** Requests under way of one person: a page asks some at once. */
export const requestsOfPersonMax = 32

export type Shares = { readonly streams: Share; readonly requests: Share }

export const createShares = (): Shares => ({
  streams: createShare('too_many_streams', streamsOfPersonMax, streamsMax),
  requests: createShare('too_many_at_once', requestsOfPersonMax, Infinity),
})

function createShare(code: 'too_many_streams' | 'too_many_at_once', ofPersonMax: number, allMax: number): Share {
  const many = new Map<string, number>()
  let all = 0
  return {
    take(personId) {
      const ofPerson = many.get(personId) ?? 0
      if (all >= allMax || ofPerson >= ofPersonMax) throw new AdminError(code, { retryAfterMs: 1_000 })
      all += 1
      many.set(personId, ofPerson + 1)
      let isTaken = true
      return () => {
        if (!isTaken) return
        isTaken = false
        all -= 1
        const left = many.get(personId)! - 1
        if (left === 0) many.delete(personId)
        else many.set(personId, left)
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
