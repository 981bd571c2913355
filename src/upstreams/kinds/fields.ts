/** Fields that several kinds of provider have. */
import { z } from 'zod'
import { secretField, textField, type References } from '../../lib/references.ts'

const urlAllowed = 'a URL that starts with https:// (http:// for this machine), without ? and #'

/** The base URL of an API, without a slash at its end. Credentials go there, so nothing leaves this machine unencrypted. */
export const baseUrl = (references: References) =>
  textField(references).pipe(
    z
      .string()
      .refine(isBaseUrl, urlAllowed)
      .transform((text) => text.replace(/\/+$/, '')),
  )

function isBaseUrl(text: string): boolean {
  const url = URL.parse(text)
  if (!url || /[?#]/.test(text) || url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isPrivate(url.hostname))
}

/** This machine and the networks that are not routed on the internet, where a server of one's own may stand. */
const isPrivate = (host: string): boolean =>
  host === 'localhost' ||
  host === '[::1]' ||
  /^(127|10)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\./.test(host) ||
  !host.includes('.') ||
  host.endsWith('.internal') ||
  host.endsWith('.local')

export const apiKey = (references: References) =>
  secretField(references).describe('The credential: `${NAME}` or `{file: PATH}`.')

/** A name that goes into a path or a header. */
export const plainName = (references: References, allowed: string) =>
  textField(references).pipe(z.string().regex(/^[\w.:-]{1,200}$/, allowed))

/** A mapping whose every key is known. */
export const provider = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z.strictObject(
    { kind: z.literal(kind).describe('The kind of provider.'), ...shape },
    {
      error: (issue) => (issue.code === 'unrecognized_keys' ? ['kind', ...Object.keys(shape)].join(', ') : 'a mapping'),
    },
  )
