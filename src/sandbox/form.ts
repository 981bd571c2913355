/** Forms of several parts (multipart/form-data), in any order: what is small stays in memory, what is large in nameless files. */
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { FormError, formLimits } from '../lib/form/contract.ts'
import { readForm } from '../lib/form/read-form.ts'
import { stderrLog } from '../lib/log.ts'
import type { Rereadable, Source } from '../lib/source.ts'
import { createSpool, SpoolFullError, type Spool } from '../lib/spool.ts'
import { Refusal } from './refusal.ts'

export type Form = {
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly files: readonly FormFile[]
  /** Its files are wanted for longer than its request: whoever calls this frees it. */
  readonly keep: () => { readonly free: () => void }
  /** Its request is over: nothing of it is wanted any more, unless it is kept. */
  readonly release: () => void
}

export type FormFile = {
  /** The name of its field. */
  readonly field: string
  readonly filename: string
  readonly type: string
  readonly length: number
  /** From one byte until before another. */
  readonly read: (from: number, to: number) => Rereadable
  /** What it contains, or the beginning of it. */
  readonly bytes: (bytesMax?: number) => Promise<Uint8Array>
}

export const isFormFile = (value: unknown): value is FormFile =>
  typeof value === 'object' && value !== null && 'bytes' in value && 'filename' in value

export type Forms = {
  /** Null where the body is no form; refuses what is no good one. `owner`: the account, which has room of its own. */
  readonly read: (request: IncomingMessage, owner: string) => Promise<Form | null>
  readonly stop: () => void
}

/** Of the files of all accounts together, and of one. */
const spoolLimits = { bytesMax: 8 * 1024 ** 3, ownBytesMax: 4 * 1024 ** 3 }

/** Keeps large bodies in a folder of its own, which is empty even while they are there. */
export function createForms(): Forms {
  let directory: string | null = null
  let spool: Spool | null = null
  const opened = (): Spool => {
    directory ??= mkdtempSync(path.join(tmpdir(), 'mart-sandbox-'))
    spool ??= createSpool({
      directory,
      limits: () => spoolLimits,
      failed: (error) => stderrLog.error({ event: 'sandbox-spool-failed', error }),
    })
    return spool
  }
  return {
    async read(request, owner) {
      const contentType = request.headers['content-type'] ?? ''
      if (!/^multipart\/form-data\b/i.test(contentType)) return null
      return readOrRefuse(request, { contentType, owner, spool: opened() })
    },
    stop: () => directory && rmSync(directory, { recursive: true, force: true }),
  }
}

type Reading = { readonly contentType: string; readonly owner: string; readonly spool: Spool }

async function readOrRefuse(request: IncomingMessage, { contentType, owner, spool }: Reading): Promise<Form> {
  const length = Number(request.headers['content-length'] ?? NaN)
  try {
    const kept = spool.keep(owner, Number.isNaN(length) ? null : length)
    return formOf(await readForm(sourceOfRequest(request), { contentType, limits: formLimits, kept }))
  } catch (error) {
    if (error instanceof FormError) throw new Refusal(400, error.message, { code: null })
    if (error instanceof SpoolFullError) throw new Refusal(413, 'There is no room for so much.', { code: null })
    throw error
  }
}

type LibForm = Awaited<ReturnType<typeof readForm>>

function formOf(form: LibForm): Form {
  let isKept = false
  return {
    fields: form.parts.flatMap(({ name, text }) => (text === null ? [] : [[name, text] as const])),
    files: form.parts.flatMap((part) => (part.filename === null ? [] : [fileOf(form, part)])),
    keep() {
      isKept = true
      return { free: () => form.free() }
    },
    release: () => isKept || form.free(),
  }
}

function fileOf(form: LibForm, part: LibForm['parts'][number]): FormFile {
  const length = part.end - part.start
  const read = (from: number, to: number): Rereadable =>
    form.contentOf({ ...part, start: part.start + from, end: part.start + to })
  return {
    field: part.name,
    filename: part.filename ?? '',
    type: part.contentType ?? 'application/octet-stream',
    length,
    read,
    bytes: async (bytesMax = length) =>
      Buffer.concat(await Array.fromAsync(piecesOf(read(0, Math.min(length, bytesMax))))),
  }
}

/** The pieces of a source, one after the other. */
export async function* piecesOf(source: Source): AsyncGenerator<Uint8Array> {
  for (let piece = await source.read(); !piece.done; piece = await source.read()) yield piece.value
}

function sourceOfRequest(request: IncomingMessage): Source {
  const chunks = (request as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  return {
    length: null,
    async read() {
      const next = await chunks.next()
      return next.done ? { done: true } : { done: false, value: next.value }
    },
    // What is left of a body that is refused is read, so that its sender gets to read why.
    async cancel() {
      request.resume()
    },
  }
}

/** What a field of a form stands for; all that is not named is text. */
export type FieldKinds = Readonly<Record<string, 'integer' | 'boolean' | 'list'>>

/**
 * A form as the members that a JSON body would have: `a[b]` is a member of `a`, `a[]` and `a[0]` are elements, files
 * stand where their fields do. Text that is no integer or boolean where one belongs stays text, to be refused by its name.
 */
export function membersOf({ fields, files }: Pick<Form, 'fields' | 'files'>, kinds: FieldKinds) {
  const members: Record<string, unknown> = {}
  for (const [name, value] of fields) place(members, name, kinds, typed(value, kinds[name]))
  for (const file of files) place(members, file.field, kinds, file)
  return members as Readonly<Record<string, unknown>>
}

function place(members: Record<string, unknown>, name: string, kinds: FieldKinds, value: unknown): void {
  const [, base = name, inner] = /^([^[\]]+)\[([^[\]]*)\]$/.exec(name) ?? []
  if (inner !== undefined && !/^\d*$/.test(inner)) {
    members[base] = { ...(members[base] as object | undefined), [inner]: value }
    return
  }
  const sofar = members[base]
  if (kinds[base] === 'list') members[base] = [...((sofar as unknown[] | undefined) ?? []), value]
  else members[base] = value
}

function typed(value: string, kind: FieldKinds[string] | undefined): unknown {
  if (kind === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (kind === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}
