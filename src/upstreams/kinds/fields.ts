/** Fields that several kinds of provider have. */
import { z } from 'zod'
import type { Secret } from '../../lib/secret.ts'
import { secretField, textField, type References } from '../../lib/references.ts'

/** The base URL of a vendor's API, without a slash at its end. Our credential goes there, so it leaves this machine only encrypted. */
export const vendorUrl = (references: References) =>
  urlField(references, isThisMachine, 'a URL that starts with https:// (http:// for this machine), without ? and #')

/** The base URL of a server of one's own, without a slash at its end: it may stand in the same private network. */
export const serverUrl = (references: References) =>
  urlField(
    references,
    isPrivateNetwork,
    'a URL that starts with https:// (http:// for this machine and private networks), without ? and #',
  )

const urlField = (references: References, mayBePlain: (host: string) => boolean, allowed: string) =>
  textField(references, allowed).pipe(
    z
      .string()
      .refine((text) => isBaseUrl(text, mayBePlain), allowed)
      .transform((text) => text.replace(/\/+$/, '')),
  )

/** What stands behind a base URL, copied with it. */
const operationPath = /\/(chat\/completions|completions|responses|embeddings|images\/\w+|models)(\/.*)?$|:\w+$/i
const operationAllowed = 'the URL before /chat/completions, /models and the like: what is asked for is appended'

/** The same, of a provider whose operations are appended to it. */
export const withoutOperation = <Field extends z.ZodType<string>>(field: Field) =>
  field.refine((url) => !operationPath.test(url.replace(/^\w+:\/\/[^/]*/, '')), operationAllowed)

function isBaseUrl(text: string, mayBePlain: (host: string) => boolean): boolean {
  const url = URL.parse(text)
  if (!url || /[^\x21-\x7e]|[?#\\]/.test(text) || url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && mayBePlain(url.hostname))
}

const isAddress = (host: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(host)

const isThisMachine = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || (isAddress(host) && host.startsWith('127.'))

/** Addresses of RFC 1918 and RFC 4193, and names that no public server has: one word, as containers are called, `.svc` of Kubernetes and those of homes and offices. */
const isPrivateNetwork = (host: string): boolean =>
  isThisMachine(host) ||
  (isAddress(host) && /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(host)) ||
  /^\[f[cd][0-9a-f]{2}:/.test(host) ||
  (!host.includes('.') && !host.includes(':')) ||
  /\.(internal|local|lan|svc|home\.arpa)$/.test(host)

/** A secret that is sent in a header. One of several lines would be refused by `fetch`, in words that quote it. */
export const headerSecret = (references: References) =>
  secretField(references)
    .refine((secret: Secret) => /^[\x20-\x7e]+$/.test(secret.reveal()), {
      error: 'a secret of one line, in ASCII',
      params: { isSecret: true },
    })
    .refine((secret: Secret) => !isQuoted(secret.reveal()), {
      error: 'a secret without quotes around it: env files of Docker keep them',
      params: { isSecret: true },
    })

const isQuoted = (text: string): boolean => /^(["']).*\1$/.test(text)

export const apiKey = (references: References) =>
  headerSecret(references).describe('The credential: `${NAME}` or `{file: PATH}`.')

/** A key that `Bearer` is put before. */
export const bearerKey = (references: References) =>
  apiKey(references).refine((key: Secret) => !isBearer(key), bearerProblem)

export const isBearer = (key: Secret): boolean => /^bearer /i.test(key.reveal())
const bearerAllowed = 'the key alone, without `Bearer` before it'
export const bearerProblem = { error: bearerAllowed, params: { isSecret: true } }

const headerNameAllowed = 'the name of a header, other than those of the connection and of the body'
const connectionHeaders = /^(host|connection|content-.*|accept-encoding|transfer-encoding|te|trailer|upgrade|expect)$/i

/** The name of a header that a call may carry, in lower case. */
export const headerName = z
  .string(headerNameAllowed)
  .regex(/^[A-Za-z0-9-]{1,100}$/, headerNameAllowed)
  .refine((name) => !connectionHeaders.test(name), headerNameAllowed)
  .transform((name) => name.toLowerCase())

/** A name that goes into a path or a header. */
export const plainName = (references: References, allowed: string) =>
  textField(references, allowed).pipe(z.string().regex(/^[\w.:-]{1,200}$/, allowed))

/** A mapping whose every key is known. */
export const provider = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z.strictObject(
    { kind: z.literal(kind).describe('The kind of provider.'), ...shape },
    {
      error: (issue) => (issue.code === 'unrecognized_keys' ? ['kind', ...Object.keys(shape)].join(', ') : 'a mapping'),
    },
  )
