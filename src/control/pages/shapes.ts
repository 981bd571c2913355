/** Shapes that several areas answer with, for the OpenAPI document and the pages' types. */
import { z } from 'zod'
import { modes } from '../../store/store.ts'

export const Mode = z.enum(modes)
/** nano-USD as a decimal string. */
export const Nano = z.string().regex(/^-?\d+$/)
export const Usd = z.string().regex(/^-?\d+\.\d+$/)
/** ISO 8601, UTC. */
export const Time = z.iso.datetime()

/** A body that says nothing. */
export const NothingMore = z.strictObject({})

/** A list as the admin API's contract has it, which nobody changes. */
export const ListOf = <Item extends z.ZodType>(item: Item) => z.array(item).readonly()

/** A list as a whole answer. */
export const DataOf = <Item extends z.ZodType>(item: Item) => z.strictObject({ data: ListOf(item) })

export const Balance = z.strictObject({
  mode: Mode,
  balanceNano: Nano,
  heldNano: Nano,
  reservedNano: Nano,
  availableNano: Nano,
  availableUsd: Usd,
})

/** Why something was refused; `field` names what is wrong in an `invalid_request`. */
export const ErrorShape = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), field: z.string().optional() }),
})
