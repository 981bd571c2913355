/** Reading a form as it comes, with fields and files in any order. */
import { assert } from '../assert.ts'
import { joinedSources, sourceOf, type Rereadable, type Source } from '../source.ts'
import type { Kept } from '../spool.ts'
import { malformed, type FieldChanges, type Form, type FormLimits, type Part } from './contract.ts'
import { FormScanner, type Found } from './form-scanner.ts'
import { boundaryOf, shown } from './part-head.ts'

export type FormOptions = {
  /** As the request has it: `multipart/form-data` with its boundary. */
  readonly contentType: string
  readonly limits: FormLimits
  /** Where its bytes are kept; freed with the form, or at once where there comes to be none. */
  readonly kept: Kept
}

/**
 * The form, once all of it has come. Rejects with a `FormError`, a `SpoolFullError`, or with what reading the source does;
 * then nothing is kept, and the source is cancelled.
 */
export async function readForm(source: Source, { contentType, limits, kept }: FormOptions): Promise<Form> {
  try {
    const boundary = boundaryOf(contentType)
    if (boundary === null) throw malformed('The content-type must be multipart/form-data.')
    const scanner = new FormScanner(boundary, limits)
    for (let piece = await source.read(); !piece.done; piece = await source.read()) {
      scanner.push(piece.value)
      await kept.append(piece.value)
    }
    scanner.end()
    const parts = await Promise.all(scanner.parts.map((found) => partOf(found, kept)))
    return formOf(parts, { contentType, boundary, kept })
  } catch (error) {
    kept.free()
    await source.cancel()
    throw error
  }
}

async function partOf(found: Found, kept: Kept): Promise<Part> {
  if (found.filename !== null) return { ...found, text: null }
  const pieces: Uint8Array[] = []
  const source = kept.source(found.start, found.end)
  for (let piece = await source.read(); !piece.done; piece = await source.read()) pieces.push(piece.value)
  try {
    return { ...found, text: utf8.decode(Buffer.concat(pieces)) }
  } catch {
    throw malformed(`The field ${shown(found.name)} is not valid UTF-8. Send a file with a filename.`, found.name)
  }
}
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

type Written = { readonly contentType: string; readonly boundary: string; readonly kept: Kept }

const formOf = (parts: readonly Part[], { contentType, boundary, kept }: Written): Form => ({
  contentType,
  parts,
  source: (changes = {}) => changed(parts, boundary, { kept, changes }),
  contentOf: ({ start, end }) => kept.source(start, end),
  free: () => kept.free(),
})

/** The bytes as they came, but for the fields that change: of several with one name, the first has what it says now, and the others are gone. */
function changed(
  parts: readonly Part[],
  boundary: string,
  { kept, changes }: { readonly kept: Kept; readonly changes: FieldChanges },
): Rereadable {
  const sources: Rereadable[] = []
  let at = 0
  const exchange = (from: number, until: number, bytes: Uint8Array): void => {
    if (from > at) sources.push(kept.source(at, from))
    if (bytes.length > 0) sources.push(sourceOf(bytes))
    at = until
  }
  const said = new Set<string>()
  const first = parts[0]?.from ?? 0
  const missing = Object.entries(changes).filter(([name]) => !parts.some((part) => isField(part, name)))
  for (const [name, text] of missing) if (text !== null) exchange(first, first, fieldPart(boundary, name, text))
  for (const part of parts) {
    const text = part.filename === null ? changes[part.name] : undefined
    if (text === undefined) continue
    if (text === null || said.has(part.name)) exchange(part.from, part.until, nothing)
    else exchange(part.start, part.end, contentOf(boundary, text))
    said.add(part.name)
  }
  if (at < kept.bytes) sources.push(kept.source(at, kept.bytes))
  return joinedSources(sources)
}

const nothing = new Uint8Array(0)
const isField = (part: Part, name: string): boolean => part.filename === null && part.name === name

function contentOf(boundary: string, text: string): Uint8Array {
  assert(!text.includes(`--${boundary}`), 'what a field is changed to does not end it')
  return Buffer.from(text)
}

function fieldPart(boundary: string, name: string, text: string): Uint8Array {
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`
  return Buffer.concat([Buffer.from(head), contentOf(boundary, text), Buffer.from('\r\n')])
}
