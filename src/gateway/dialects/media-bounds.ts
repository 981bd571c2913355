/**
 * How long or how many pages media can be, told from their bytes. The least that a second or a page takes is
 * stated here, and a floor under it, so that a few bytes of silence or of empty pages are covered as well. Where the
 * file says less itself, that counts (`media-length.ts`). See docs/decisions/0004-hold-policy.md.
 */

export type Media = {
  /** Bytes of the body that are media, not text. */
  bytes: number
  /** The most tokens that the media count; infinite where files elsewhere are named. */
  tokensMax: number
  /** Whether that rests on what so many bytes usually hold. */
  isAssumed: boolean
}

/** What base64 of so many characters is decoded to, at most. */
export const decodedBytes = (base64Chars: number): number => Math.ceil((base64Chars * 3) / 4)

/** Opus and AMR speak from 6 kbit/s on. */
const soundBytesPerSecond = 750
const soundSecondsFloor = 60
export const soundSeconds = (bytes: number, said: number | null): number =>
  atMost(soundSecondsFloor + Math.ceil(bytes / soundBytesPerSecond), said, spareSeconds)

/** A picture that hardly moves, with its sound: 32 kbit/s. */
const videoBytesPerSecond = 4_000
const videoSecondsFloor = 60
export const videoSeconds = (bytes: number, said: number | null): number =>
  atMost(videoSecondsFloor + Math.ceil(bytes / videoBytesPerSecond), said, spareSeconds)

/** A page of a few lines, with its share of fonts and structure. */
const documentBytesPerPage = 1_024
const documentPagesFloor = 16
export const documentPages = (bytes: number, said: number | null): number =>
  atMost(documentPagesFloor + Math.ceil(bytes / documentBytesPerPage), said, sparePages)

/** Vendors round, and count something for a file at all: no difference of theirs is to be taken for a lie. */
const spareSeconds = 10
const sparePages = 1

/** What a file says of itself is believed where it is less than so many bytes can be. */
const atMost = (most: number, said: number | null, spare: number): number =>
  said === null ? most : Math.min(most, said + spare)
