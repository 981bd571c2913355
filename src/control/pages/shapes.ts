/** Shapes that several areas answer with, for the OpenAPI document and the pages' types. */
import { z } from 'zod'
import { modes } from '../../store/store.ts'

export const Mode = z.enum(modes)
/** nano-USD as a decimal string. */
export const Nano = z.string().regex(/^-?\d+$/)
export const Usd = z.string().regex(/^-?\d+\.\d+$/)
/** ISO 8601, UTC. */
export const Time = z.iso.datetime()

export const Balance = z.strictObject({
  mode: Mode,
  balanceNano: Nano,
  heldNano: Nano,
  reservedNano: Nano,
  availableNano: Nano,
  availableUsd: Usd,
})
