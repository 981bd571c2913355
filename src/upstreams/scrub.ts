/**
 * What a vendor's error may tell a client: everything but our account. Names of projects, organizations,
 * hosts and keys are taken out of every text in it. A text that holds none of them stays as it is.
 */
import { isObject, textOf } from './refusals/json-value.ts'

/** The model's name at the upstream, which must not be shown, and the one that the client wrote. */
export type ModelNames = { readonly upstreamModel: string; readonly askedModel: string }
/** Takes our account out of a JSON value. */
export type Scrub = (value: unknown, names: ModelNames) => unknown

/** How Google, OpenAI and Azure name an account, wherever it stands. Bounded, because errors repeat what clients write. */
const accountNames: readonly (readonly [RegExp, string])[] = [
  [/\bprojects\/[^\s/"'`,;()[\]{}?&]+/g, 'projects/…'],
  [/\bproject(?:[ _-]?(?:number|id))?[ :=#]+["'`]?\d{5,}/gi, 'project …'],
  [/([?&]project=)[^&\s"']+/g, '$1…'],
  [/\bgen-lang-client-\d+/g, '…'],
  [/\b[\w.-]{1,100}@[\w.-]{1,100}\.gserviceaccount\.com\b/g, '…'],
  [/\borg-[\w-]+/g, 'org-…'],
  [/\bproj_[\w-]+/g, 'proj_…'],
  [/\/subscriptions\/[^\s"'`]+/gi, '/subscriptions/…'],
  [
    /\b[\w-]{1,64}\.(?:openai\.azure\.com|services\.ai\.azure\.com|cognitiveservices\.azure\.com|azure-api\.net)\b/g,
    '…',
  ],
  // Keys of OpenAI and Google, also where the vendor shows only their ends, and Google's access tokens.
  [/\bsk-[\w*-]{6,}/g, 'sk-…'],
  [/\bAIza[\w*-]{6,}/g, '…'],
  [/\bya29\.[\w.*-]{6,}/g, '…'],
]
/** Members of Google's ErrorInfo (https://cloud.google.com/apis/design/errors#error_info) that hold nothing else. */
const accountKeys = new Set(['consumer', 'containerInfo', 'project', 'projectNumber', 'project_number'])
/** Details that lead to the account's own pages, and what was meant for the vendor's developers. */
const linkingDetails = /google\.rpc\.(QuotaFailure|Help)$/
const internalDetails = /google\.rpc\.DebugInfo$/

/** A scrub that knows the patterns above and `own`: names and secrets of our configuration. */
export function scrubber(own: readonly (string | undefined)[]): Scrub {
  const ownNames = own.filter((name) => name !== undefined && name.length > 2).map((name) => wholeWord(name!))
  return (value, { upstreamModel, askedModel }) => {
    const model = upstreamModel === askedModel ? null : wholeWord(upstreamModel)
    return scrubbed(value, (text) => {
      const renamed = model === null ? text : text.replaceAll(model, () => askedModel)
      const foreign = ownNames.reduce((left, name) => left.replaceAll(name, '…'), renamed)
      return accountNames.reduce((left, [pattern, instead]) => left.replaceAll(pattern, instead), foreign)
    })
  }
}

type Words = (text: string) => string

function scrubbed(value: unknown, words: Words): unknown {
  if (typeof value === 'string') return words(value)
  if (Array.isArray(value))
    return value.filter((each) => !isPrivate(each, words)).map((each: unknown) => scrubbed(each, words))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, member(key, each, words)]))
}

const member = (key: string, value: unknown, words: Words): unknown =>
  accountKeys.has(key) && (typeof value === 'string' || typeof value === 'number') ? '…' : scrubbed(value, words)

function isPrivate(value: unknown, words: Words): boolean {
  if (!isObject(value)) return false
  const type = textOf(value['@type'])
  if (internalDetails.test(type)) return true
  return linkingDetails.test(type) && JSON.stringify(scrubbed(value, words)) !== JSON.stringify(value)
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
/** A name as a word of its own: `gpt` is no part of `gpt-5.4`, and a sentence may end behind it. */
const wholeWord = (name: string): RegExp => new RegExp(`(?<![\\w.-])${escaped(name)}(?![\\w-]|\\.\\w)`, 'g')
