/** Calls that may be JSON or a form, and what they name instead of sending it. */
import type { z } from 'zod'
import type { Exchange } from '../exchange.ts'
import { membersOf, type FieldKinds } from '../form.ts'
import { Refusal } from '../refusal.ts'
import { jsonOf, parseMembers } from './errors.ts'
import { requiredFile } from './files/stored-files.ts'

/** The call as `schema` has it, or a 400 that names the field. `kinds`: which fields of a form are no text. */
export const parseCall = <Schema extends z.ZodType>(
  schema: Schema,
  { form, body }: Exchange,
  kinds: FieldKinds = {},
): z.output<Schema> => parseMembers(schema, form ? membersOf(form, kinds) : jsonOf(body))

type Named = { readonly fileId: string | null; readonly url: string | null; readonly param: string }

/** The bytes of a file of the account or of a data URL; null for an address elsewhere, because the sandbox fetches nothing. */
export async function bytesAt(exchange: Exchange, { fileId, url, param }: Named): Promise<Uint8Array | null> {
  if (fileId !== null) return requiredFile(exchange, fileId).file.bytes()
  if (url === null || /^https?:\/\//.test(url)) return null
  const [, base64] = /^data:[^,]*;base64,(.*)$/s.exec(url) ?? []
  if (base64 === undefined)
    throw new Refusal(400, `Invalid '${param}': expected a URL or a base64-encoded data URL.`, {
      code: 'invalid_value',
      param,
    })
  return Buffer.from(base64, 'base64')
}
