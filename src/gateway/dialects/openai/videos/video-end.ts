import type { JobEnd } from '../../../../money/reservations.ts'
import { readVideoObject, videoUsage } from './video-object.ts'

/**
 * How a video ended, by its object; null while it goes on. Billed are the seconds and the size of what was made, of an
 * extension the seconds that were asked for, since its object has the length of the whole. Throws for what is no video.
 */
export function readVideoEnd(object: Uint8Array, asked: VideoAsked): JobEnd | null {
  const { state, seconds, size, model } = readVideoObject(object)
  if (state === 'running') return null
  if (state !== 'completed') return { state: 'void', why: state }
  const made = asked.isExtension ? asked.seconds : (seconds ?? asked.seconds)
  return {
    state: 'done',
    usage: videoUsage(size ?? asked.size, made),
    tier: null,
    servedModel: model,
    vendorUsage: { seconds, size },
  }
}

/** What a reservation was made for. */
export type VideoAsked = { readonly seconds: number; readonly size: string; readonly isExtension: boolean }
