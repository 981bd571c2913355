/** Reading a vendor's error body, whatever it is. */
const bodyBytesMax = 64 * 1024

/** The body as JSON; null when it is none, or is larger than any error should be. */
export function readJson(body: Uint8Array): Readonly<Record<string, unknown>> | null {
  if (body.length > bodyBytesMax) return null
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(body))
    // Google wraps the errors of array streams in a list.
    const value: unknown = Array.isArray(json) ? json[0] : json
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
export const encoded = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
export const decodedText = (body: Uint8Array): string => new TextDecoder().decode(body)
