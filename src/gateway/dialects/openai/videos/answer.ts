/** What an answer says of the video that was made. */
import type { AnswerReader } from '../../../dialect.ts'
import { keptReader } from '../kept-operation.ts'
import { readVideoObject } from './video-object.ts'

/** What was asked for, where the answer does not say. `billed`: the seconds that an extension adds. */
type Asked = {
  readonly seconds: number
  readonly size: string
  readonly parent: string | null
  readonly billed?: number | null
}

/** Reads the video that was created; it is billed when it is done. */
export const createdReader = (asked: Asked): AnswerReader => ({
  kind: 'whole',
  read(answer, headers) {
    const reading = keptReader.read(answer, headers)
    const video = readVideoObject(answer)
    const made = {
      kind: 'video' as const,
      id: video.id,
      parent: video.parent ?? asked.parent,
      labels: {
        seconds: String(video.seconds ?? asked.seconds),
        size: video.size ?? asked.size,
        ...(asked.billed && { billed: String(asked.billed) }),
      },
      createdAt: video.createdAt ?? Date.now(),
      expiresAt: null,
      object: new TextDecoder().decode(answer),
    }
    return { ...reading, servedModel: video.model, made: [made] }
  },
})
