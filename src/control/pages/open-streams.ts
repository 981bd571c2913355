/** How many answers stream at once, since each stays for as long as its reader does. */
import { AdminError } from '../admin-error.ts'

export type OpenStreams = {
  /** The answer as it is, counted until it ends or its reader leaves. Throws `too_many_streams`, and its body is cancelled. */
  readonly count: (response: Response, personId: string) => Response
}

/** Of one person: as many pages as somebody can have open. */
export const streamsOfPersonMax = 60
/** Of all, which is less than the requests that the control thread takes at once. */
export const streamsMax = 600

export function createOpenStreams(): OpenStreams {
  const many = new Map<string, number>()
  let all = 0
  return {
    count(response, personId) {
      const ofPerson = many.get(personId) ?? 0
      if (all >= streamsMax || ofPerson >= streamsOfPersonMax) {
        void response.body?.cancel()
        throw new AdminError('too_many_streams', { retryAfterMs: 5_000 })
      }
      all += 1
      many.set(personId, ofPerson + 1)
      const ended = (): void => {
        all -= 1
        const left = many.get(personId)! - 1
        if (left === 0) many.delete(personId)
        else many.set(personId, left)
      }
      return new Response(followed(response.body!, ended), response)
    },
  }
}

/** The same bytes, and no more of them than are asked for; `ended` is told once. */
function followed(body: ReadableStream<Uint8Array>, ended: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let isOpen = true
  const end = (): void => {
    if (isOpen) ended()
    isOpen = false
  }
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          end()
          controller.close()
        } catch (error) {
          end()
          throw error
        }
      },
      async cancel(reason) {
        end()
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
