/** The files of a journal: numbered segments in one folder, oldest first. */
import { readdirSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'

const pattern = /^journal-(\d{8})\.log$/

/** Their paths, oldest first. */
export const segmentsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => pattern.test(name))
    .toSorted()
    .map((name) => join(folder, name))

/** The path of the segment behind the newest. */
export function nextSegment(folder: string): string {
  const newest = readdirSync(folder)
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .toSorted()
    .at(-1)
  return join(folder, `journal-${String(Number(newest ?? 0) + 1).padStart(8, '0')}.log`)
}

/** Removes those last written before `before`, epoch ms; the newest stays, whatever its age. */
export function removeSegments(folder: string, before: number): void {
  for (const path of segmentsIn(folder).slice(0, -1)) if (statSync(path).mtimeMs < before) unlinkSync(path)
}
