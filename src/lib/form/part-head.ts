/** What a part of a form says of itself, and what a request says of its form. */
import { malformed, type PartHead } from './contract.ts'

const boundaryParameter = /;[\t ]*boundary[\t ]*=[\t ]*(?:"([^"]*)"|([^\s;"]+))/gi
/** RFC 2046, 5.1.1. */
const goodBoundary = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/

/** The boundary that a `content-type` of `multipart/form-data` names; null for another type. Throws a `FormError` where it names none. */
export function boundaryOf(contentType: string): string | null {
  if (!/^[\t ]*multipart\/form-data[\t ]*(?:;|$)/i.test(contentType)) return null
  const [found, ...others] = [...contentType.matchAll(boundaryParameter)]
  const boundary = found?.[1] ?? found?.[2] ?? ''
  if (others.length === 0 && goodBoundary.test(boundary)) return boundary
  throw malformed('The content-type multipart/form-data must name one boundary, of 1 to 70 characters.')
}

const headerLine = /^([!#$%&'*+.^`|~\w-]+):[\t ]*(.*?)[\t ]*$/s
const plainEncodings = new Set(['binary', '8bit', '7bit'])

/** Reads the lines between a part's boundary and its content. Throws a `FormError`. */
export function readPartHead(bytes: Uint8Array): PartHead {
  const headers = new Map<string, string>()
  for (const line of textOf(bytes).split('\r\n')) {
    if (line === '') continue
    const [, name, value] = headerLine.exec(line) ?? []
    if (name === undefined || /[\r\n\0]/.test(line))
      throw malformed('The form has a part with a line that is no header.')
    if (headers.has(name.toLowerCase())) throw malformed(`The form has a part with two headers ${name}.`)
    headers.set(name.toLowerCase(), value!)
  }
  const parameters = dispositionOf(headers.get('content-disposition') ?? '')
  const name = parameters.get('name')
  if (name === undefined || name === '') throw malformed('The form has a part without a name.')
  const encoding = headers.get('content-transfer-encoding')
  if (encoding !== undefined && !plainEncodings.has(encoding.toLowerCase()))
    throw malformed(`The part ${shown(name)} has a content-transfer-encoding. Send it as it is.`, name)
  const filename = extended(parameters.get('filename*')) ?? parameters.get('filename') ?? null
  return { name, steps: stepsOf(name), filename, contentType: headers.get('content-type') ?? null }
}

/** Whatever clients call their files; names are theirs, and may be long. */
export const shown = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)

const parameter = /[\t ]*;[\t ]*([!#$%&'*+.^`|~\w-]+)[\t ]*=[\t ]*(?:"((?:\\["\\]|[^"])*)"|([^\s;"]*))/y

/** The parameters of a `content-disposition: form-data`. Each at most once, because two readers might each take another. */
function dispositionOf(value: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  const type = /^form-data(?=[\t ]*(?:;|$))/i.exec(value)
  if (!type) throw malformed('The form has a part without a content-disposition of form-data.')
  parameter.lastIndex = type[0].length
  let end = type[0].length
  for (let found = parameter.exec(value); found; found = parameter.exec(value)) {
    const [, name, quoted, bare] = found
    end = parameter.lastIndex
    if (parameters.has(name!.toLowerCase())) throw malformed(`The form has a part with two parameters ${name}.`)
    // Only these two are escaped: what else has a backslash in front is a path of Windows.
    parameters.set(name!.toLowerCase(), quoted === undefined ? bare! : quoted.replaceAll(/\\(["\\])/g, '$1'))
  }
  if (!/^[\t ]*;?[\t ]*$/.test(value.slice(end)))
    throw malformed('The form has a part whose content-disposition cannot be read.')
  return parameters
}

/** A value as RFC 8187 writes it; null for none, and for one that cannot be read. */
function extended(value: string | undefined): string | null {
  const [, charset, text] = /^(utf-8|iso-8859-1)'[^']*'(.*)$/i.exec(value ?? '') ?? []
  if (text === undefined) return null
  try {
    return charset!.toLowerCase() === 'utf-8' ? decodeURIComponent(text) : text.replaceAll(escaped, character)
  } catch {
    return null
  }
}

const escaped = /%([0-9a-f]{2})/gi
const character = (_: string, hex: string): string => String.fromCodePoint(Number.parseInt(hex, 16))

/** `a[b][]` is `a`, `b` and an empty step; what has no such form is one step. */
function stepsOf(name: string): readonly string[] {
  const [, first, rest] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? []
  if (first === undefined) return [name]
  return [first, ...[...rest!.matchAll(/\[([^[\]]*)\]/g)].map(([, step]) => step!)]
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** In UTF-8 as browsers and SDKs write it, or, where it is none, in what HTTP was written in before. */
function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return Buffer.from(bytes).toString('latin1')
  }
}
