/** The kinds of fields that configuration is made of. Each refuses in words that say what is allowed. */
import { z } from 'zod'

/** A mapping whose every key is known. */
export const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : 'a mapping'),
  })

/** A mapping from names that people choose. */
export const mapping = <Value extends z.ZodType>(key: z.ZodType<string, string>, value: Value) =>
  z.record(key, value, 'a mapping')

export function whole(min: number, max: number) {
  const allowed = `a whole number from ${min} to ${max}`
  return z.int(allowed).min(min, allowed).max(max, allowed)
}

/** Millionths, as a bigint: prices know no other number. */
export const ppm = (min: number, max: number, byDefault: number) =>
  whole(min, max)
    .default(byDefault)
    .transform((millionths) => BigInt(millionths))

export const flag = (byDefault: boolean) => z.boolean('true or false').default(byDefault)

/** The name of a provider, deployment, region or policy. */
export const name = z
  .string('a name')
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a name of at most 63 small letters, digits and hyphens')
  .meta({ title: 'name' })

/** A URL as browsers spell it (host in small letters, no port that goes without saying), without a slash at the end. */
export const url = z
  .url({ protocol: /^https?$/, error: 'a URL that starts with http:// or https://' })
  .refine((text) => !/[?#]/.test(text), 'a URL without ? and #')
  .refine((text) => !namesUser(URL.parse(text)), 'a URL without a user and a password')
  .transform((text) => new URL(text).href.replace(/\/+$/, ''))

const namesUser = (url: URL | null): boolean => url !== null && `${url.username}${url.password}` !== ''
