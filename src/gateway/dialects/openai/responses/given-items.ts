/** What a stream has given of each item so far, kept for the case that it ends without usage. */
import { dataOf } from '../../../../lib/sse.ts'
import type { Usage } from '../../../../money/usage.ts'
import type { Written } from '../../../dialect.ts'
import { isMembers } from '../../merge-usage.ts'
import { createWaitingRecords } from '../../waiting-records.ts'
import { partialTokens } from '../images/image-tokens.ts'
import { writtenIn } from './answer.ts'
import { textOf, type Fields } from './items.ts'
import { picturesMadeIn } from './usage.ts'

export type GivenItems = {
  readonly add: (record: string) => void
  readonly written: () => Written
  /** How many pictures were given whole. */
  readonly pictures: () => number
  /** The highest number of an event that was read. */
  readonly sequence: () => number
}

/** `pictureModel`: that of the tool. */
export function createGivenItems(pictureModel: string): GivenItems {
  /** By their place in the output: what their deltas said, or all that they are once they are done. */
  const begun = new Map<unknown, string>()
  const done = new Map<unknown, Written>()
  let pictures = 0
  let partials = 0
  let sequence = -1

  const take = (event: Fields): void => {
    const { type, output_index: at, item, delta } = event
    if (typeof event['sequence_number'] === 'number') sequence = Math.max(sequence, event['sequence_number'])
    if (type === 'response.output_item.done' && isMembers(item)) {
      done.set(at, writtenIn([item], pictureModel))
      pictures += picturesMadeIn([item])
      begun.delete(at)
    } else if (typeof delta === 'string' && type !== 'response.audio.delta')
      begun.set(at, (begun.get(at) ?? '') + delta)
    else if (type === 'response.output_item.added' && isMembers(item)) begun.set(at, textOf(item['name']))
    else if (textOf(type).endsWith('.partial_image')) partials += 1
  }
  const { add, fold } = createWaitingRecords((records) => {
    for (const record of records) {
      const event = eventIn(record)
      if (event) take(event)
    }
  })
  return {
    add,
    written() {
      fold()
      const whole = [...done.values()].reduce((sum, { other }) => sum + (other.toolImageOutput ?? 0), 0)
      const toolImageOutput = whole + partials * partialTokens
      const other: Usage = toolImageOutput > 0 ? { toolImageOutput } : {}
      return { text: [...[...done.values()].map(({ text }) => text), ...begun.values()].join(''), other }
    },
    pictures() {
      fold()
      return pictures
    },
    sequence() {
      fold()
      return sequence
    },
  }
}

function eventIn(record: string): Fields | null {
  try {
    const event: unknown = JSON.parse(dataOf(record))
    return isMembers(event) ? event : null
  } catch {
    return null
  }
}
