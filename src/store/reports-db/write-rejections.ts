/**
 * Calls that were turned away and owe nothing. They come from whoever holds a key, with credit or without, so what they
 * may make us write is bounded for each organization and mode: the newest `rejectedKeptMax` are entries, and in an hour
 * their counts are in at most `placesPerHourMax` places of the rollups; what comes beyond is counted by the minute alone.
 */
import type { Database } from 'bun:sqlite'
import { hourMs, minuteMs } from '../sqlite/rollups.ts'
import { entryOfRejection, type Entry, type Rejection } from './entry.ts'
import type { Names } from './names.ts'
import type { EntryWriter } from './write-entries.ts'
import type { UsageChanges, UsageWriter } from './write-usage.ts'

export const placesPerHourMax = 600
/** They are trimmed when so many have come. */
const trimEvery = 1_000

/** One that is kept, and how many others were like it: these are counted only. */
export type CountedRejection = { readonly rejection: Rejection; readonly others: number }

type Parts = { readonly names: Names; readonly entries: EntryWriter; readonly usage: UsageWriter }

/** Prepares writing them on a connection. */
export function prepareRejectionWriter(db: Database, { names, entries, usage }: Parts) {
  let lowest = entries.lowestNumber()
  const untrimmed = new Map<number, number>()
  const places = createPlaces()

  function insert(rejection: Rejection): Entry {
    const named = names.knownId(rejection.model ?? '') === null ? unnamed(rejection) : rejection
    const entry = entryOfRejection(named, (lowest -= 1))
    const ids = names.idsOf(entry)
    entries.insert(entry, ids)
    const { book } = ids
    const many = (untrimmed.get(book) ?? 0) + 1
    untrimmed.set(book, many % trimEvery)
    if (many === trimEvery) entries.trimRejected(book)
    return entry
  }
  const write = db.transaction((rejections: readonly CountedRejection[]): readonly Entry[] => {
    const changes: UsageChanges = new Map()
    const written = rejections.map(({ rejection, others }) => {
      const entry = insert(rejection)
      const counted = places.has(entry) ? entry : { ...entry, key: '', model: '', endpoint: '' }
      usage.add(changes, counted, names.idsOf(counted), 1 + others)
      return entry
    })
    usage.write(changes)
    return written
  })
  return {
    /** Returns the entries that they are. */
    write(rejections: readonly CountedRejection[]): readonly Entry[] {
      try {
        return write.immediate(rejections)
      } catch (error) {
        names.load()
        throw error
      }
    },
  }
}

/** A model that no row has is the client's text: names would grow with it. */
const unnamed = (rejection: Rejection): Rejection => ({
  ...rejection,
  model: null,
  askedModel: rejection.askedModel ?? rejection.model,
})

/** Which places of the rollups the rejections of an hour may be counted in. */
function createPlaces() {
  let hour = 0
  const ofBooks = new Map<string, Set<string>>()
  return {
    has({ organizationId, mode, at, key, model, endpoint }: Entry): boolean {
      const entryHour = Math.floor(at / hourMs)
      if (entryHour > hour) ofBooks.clear()
      hour = Math.max(hour, entryHour)
      const book = `${mode} ${organizationId}`
      const places = ofBooks.get(book) ?? new Set()
      ofBooks.set(book, places)
      const place = `${Math.floor(at / minuteMs)} ${key} ${model} ${endpoint}`
      if (places.has(place)) return true
      if (places.size >= placesPerHourMax) return false
      places.add(place)
      return true
    },
  }
}
