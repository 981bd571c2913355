/**
 * What a Gemini request names that lies in an upstream's account: files and buckets that it can read or write, caches,
 * templates, stores that its tools search. No organization can have made any of it here, and everybody's calls come to
 * the account as one, so none is served. What anybody can read, by a public URL, is.
 */
import type { JsonBody } from '../../dialect.ts'
import { invalid } from '../../errors.ts'
import { markOf, refuseRepeats, saysAny } from '../read-fields.ts'
import { snakeCase } from './spelling.ts'

type Fields = Readonly<Record<string, unknown>>

/** Throws `invalid_request` naming the field. Nearly all bodies name nothing, and cost no more than a look for two words. */
export function refuseReferences(body: JsonBody): void {
  refuseInRequest(body.json)
  if (!saysAny(body, fileMarks)) return
  refuseRepeats(body, fileMarks, leading)
  refuseFiles(body.json)
}

/** By their names in a request, in Google's two spellings: what they name, and what to do instead. */
const ofAccounts = Object.entries({
  cachedContent: ['a cache', 'Send its contents'],
  modelArmorConfig: ['templates', 'Leave it out'],
  generationOutputConfig: ['a place to write to', 'Leave it out: the answer has all that was made'],
} as const).flatMap(([name, [what, instead]]) => [name, snakeCase(name)].map((spelled) => ({ spelled, what, instead })))
const requestNames = ['generateContentRequest', 'generate_content_request']
const storeTools = ['fileSearch', 'file_search', 'retrieval']

/** `generateContentRequest` is what `countTokens` counts, where it is told whole. */
function refuseInRequest(request: Fields): void {
  for (const { spelled, what, instead } of ofAccounts)
    if ((request[spelled] ?? '') !== '') throw refused(spelled, what, instead)
  const { tools } = request
  if (Array.isArray(tools)) for (const [at, tool] of tools.entries()) refuseTool(tool, `tools[${at}]`)
  for (const name of requestNames) {
    const inner = request[name]
    if (typeof inner === 'object' && inner !== null) refuseInRequest(inner as Fields)
  }
}

function refuseTool(tool: unknown, at: string): void {
  if (typeof tool !== 'object' || tool === null) return
  for (const name of storeTools)
    if (name in tool)
      throw refused(`${at}.${name}`, 'what is stored', 'Use other tools, or functions of your own, instead')
}

const fileMarks = ['fileUri', 'file_uri'].map(markOf)
const fileNames = new Set(['fileData', 'file_data'])
const uriNames = ['fileUri', 'file_uri']
/** What is, or leads to, the name of a file. */
const leading: ReadonlySet<string> = new Set([
  ...fileNames,
  ...uriNames,
  ...requestNames,
  'content',
  'contents',
  'functionResponse',
  'function_response',
  'parts',
  'systemInstruction',
  'system_instruction',
])

/** Wherever in the body they stand, however many there are and however deep. */
function refuseFiles(body: Fields): void {
  const left: unknown[] = [body]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value !== 'object' || value === null) continue
    for (const [name, inner] of Object.entries(value)) {
      if (fileNames.has(name)) refuseFile(inner, name)
      left.push(inner)
    }
  }
}

function refuseFile(file: unknown, at: string): void {
  if (typeof file !== 'object' || file === null) return
  for (const name of uriNames) {
    const uri = (file as Fields)[name]
    if (typeof uri === 'string' && uri !== '' && !isPublic(uri))
      throw refused(`${at}.${name}`, 'a file', 'Send its bytes as inlineData, or a public https URL')
  }
}

/** Nothing that two readers might take for two hosts: no user, no escapes, no backslash. */
const plainUrl = /^https?:\/\/([\w-]+(?:\.[\w-]+)*)\.?(?::\d{1,5})?(?:[/?#]|$)/i
const ofGoogleApis = /(?:^|\.)googleapis\.com$/i
/** Read as anybody, or by a signature of the URL's own. */
const ofPublicStorage = /(?:^|\.)storage\.googleapis\.com$/i

/** Whether a URI is read without an account's credential. */
function isPublic(uri: string): boolean {
  const [, host] = plainUrl.exec(uri) ?? []
  return host !== undefined && (!ofGoogleApis.test(host) || ofPublicStorage.test(host))
}

const refused = (field: string, what: string, instead: string): Error =>
  invalid(field, `'${field}' names ${what} of an account, which is not served. ${instead}.`)
