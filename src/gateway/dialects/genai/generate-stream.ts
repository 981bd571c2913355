/**
 * A streamed Gemini answer, as server-sent events or as one JSON array. Bytes always pass untouched.
 * Usage in the chunks is a running total: the latest figure of each kind is the answer's.
 */
import type { ResponseHeaders } from '../../../lib/http-client/contract.ts'
import { createElementSplitter, memberValues } from '../../../lib/json-text.ts'
import { createRecordSplitter, dataOf } from '../../../lib/sse.ts'
import type { Reading, StreamReader } from '../../dialect.ts'
import { createOutput } from '../output.ts'
import { createGrounding } from './grounding.ts'
import { answerWritten } from './parts.ts'
import { servedTier, usageOf, usageWith, withPieces } from './usage.ts'

/** What a record says of itself; nothing when it is not the JSON it should be. */
function valuesOf(json: string): Readonly<Record<string, unknown>> {
  try {
    // Parsing a short record takes less time than skipping through it; images are skipped.
    if (json.length < shortChars) return (JSON.parse(json) ?? {}) as Record<string, unknown>
    return memberValues(json, ['usageMetadata', 'modelVersion'])
  } catch {
    return {}
  }
}
const shortChars = 16 * 1024

const noBytes = new Uint8Array(0)

export function followGenerate(framing: 'sse' | 'array', headers: ResponseHeaders): StreamReader {
  const decoder = new TextDecoder()
  const splitter = framing === 'sse' ? createRecordSplitter() : createElementSplitter()
  const jsonOf = framing === 'sse' ? dataOf : (element: string): string => element
  const output = createOutput((record) => answerWritten(jsonOf(record)))
  const grounding = createGrounding()
  let vendorUsage: unknown = null
  let servedModel: string | null = null
  let state: 'open' | 'complete' | 'failed' = 'open'

  const readUsage = (json: string): void => {
    const { usageMetadata, modelVersion } = valuesOf(json)
    vendorUsage = usageWith(vendorUsage, usageMetadata) ?? null
    if (typeof modelVersion === 'string') servedModel = modelVersion
  }
  const read = (record: string): void => {
    if (record.includes('"usageMetadata"')) readUsage(jsonOf(record))
    if (record.includes('"groundingMetadata"')) grounding.add(jsonOf(record))
    if (record.includes('"finishReason"') || record.includes('"blockReason"')) state = 'complete'
    else if (/^(data: ?)?\s*\{\s*"error"/.test(record)) state = 'failed'
    output.add(record)
  }

  return {
    take(bytes) {
      for (const record of splitter.push(decoder.decode(bytes, { stream: true }))) read(record)
      return bytes
    },
    rest: () => noBytes,
    // Google may report usage after the reason it finished, so only the end of the stream is final.
    isFinal: () => false,
    state: () => state,
    reading: (): Reading => {
      const counted = usageOf(vendorUsage)
      return {
        ...counted,
        usage: withPieces(counted.usage, grounding.usage(vendorUsage)),
        servedModel,
        tier: servedTier(headers, vendorUsage),
        vendorUsage,
        output: output.written,
      }
    },
  }
}
