/**
 * A streamed Gemini answer, as server-sent events or as one JSON array. Bytes always pass untouched.
 * Usage in the chunks is a running total: the latest that counts tokens is the answer's.
 */
import type { ResponseHeaders } from '../../../lib/http-client/contract.ts'
import { createElementSplitter, memberValues } from '../../../lib/json-text.ts'
import { createRecordSplitter, dataOf } from '../../../lib/sse.ts'
import type { Reading, StreamReader } from '../../dialect.ts'
import { createOutputText } from '../output-text.ts'
import { contentText, groundingOf } from './parts.ts'
import { servedTier, usageOf } from './usage.ts'

/** What a record says of usage; nothing when it is not the JSON it should be. */
function valuesOf(json: string): Readonly<Record<string, unknown>> {
  try {
    return json === '' ? {} : memberValues(json, ['usageMetadata', 'modelVersion'])
  } catch {
    return {}
  }
}

/** Streams repeat their grounding; the last few records have it all. */
const groundedMax = 4
const noBytes = new Uint8Array(0)

export function followGenerate(framing: 'sse' | 'array', headers: ResponseHeaders): StreamReader {
  const decoder = new TextDecoder()
  const splitter = framing === 'sse' ? createRecordSplitter() : createElementSplitter()
  const jsonOf = framing === 'sse' ? dataOf : (element: string): string => element
  const output = createOutputText((record) => contentText(jsonOf(record)))
  let grounded: string[] = []
  let counted = ''
  let state: 'open' | 'complete' | 'failed' = 'open'

  const read = (record: string): void => {
    if (record.includes('"promptTokenCount"')) counted = record
    if (record.includes('"groundingMetadata"')) grounded = [...grounded, jsonOf(record)].slice(-groundedMax)
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
      const { usageMetadata, modelVersion } = valuesOf(jsonOf(counted))
      const { usage, mismatch } = usageOf(usageMetadata)
      return {
        usage: usage && { ...usage, ...groundingOf(grounded) },
        mismatch,
        servedModel: typeof modelVersion === 'string' ? modelVersion : null,
        tier: servedTier(headers, usageMetadata),
        vendorUsage: usageMetadata ?? null,
        outputText: output.text,
      }
    },
  }
}
