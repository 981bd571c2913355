/** Answers of what is free: nothing in them is counted, and they are read for what would be an error alone. */
import { errorInAnswer } from '../../upstreams/refusals/error-in-answer.ts'
import type { Reading, WholeReader } from '../dialect.ts'
import { ReportedError, UnreadableError } from '../trouble.ts'

/** A JSON object that is no error. */
export const unmetered: WholeReader = { kind: 'whole', read }

const utf8 = new TextDecoder()

function read(answer: Uint8Array): Reading {
  const json: unknown = JSON.parse(utf8.decode(answer))
  if (typeof json !== 'object' || json === null) throw new UnreadableError()
  const error = errorInAnswer(json, false)
  if (error) throw new ReportedError(error)
  return nothingCounted
}

/** What an answer says in which nothing is counted. */
export const nothingCounted: Reading = {
  usage: null,
  mismatch: false,
  hasUnknown: false,
  servedModel: null,
  tier: null,
  vendorUsage: null,
  output: () => ({ text: '', other: {} }),
}
