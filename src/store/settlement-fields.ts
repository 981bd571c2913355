/**
 * The one list of what a settlement is in text. How it is packed and read, and where SQL finds each value, is made of it:
 * what is added goes to the end, under a new version, and is in all of them.
 */
type Field = {
  /** Where it is in a settlement. */
  readonly path: string
  /** What the view `receipt` calls it; null where the row has it in a column of its own, or SQL does not need it. */
  readonly column: string | null
}
const field = (path: string, column: string | null = null): Field => ({ path, column })

/** Those that an intent has as well, in both of them first. */
export const intentFields: readonly Field[] = [
  field('requestId'),
  field('organizationId'),
  field('keyId', 'key_id'),
  field('admittedAt', 'admitted_at'),
  field('dialect'),
  field('endpoint', 'endpoint'),
  field('model', 'model'),
  field('upstream', 'upstream'),
  field('region', 'region'),
  field('streamed', 'streamed'),
  field('serviceTier', 'service_tier'),
  field('priceFrom', 'price_from'),
  field('pricePpm'),
  field('onAbort'),
  field('holdNano', 'hold_nano'),
]

/** Of version 2 at least: version 1 ends before `mode`. */
export const settlementFields: readonly Field[] = [
  ...intentFields,
  field('endedAt', 'ended_at'),
  field('servedModel', 'served_model'),
  field('status', 'status'),
  field('ending', 'ending'),
  field('lines', 'lines'),
  field('tokens.input', 'input_tokens'),
  field('tokens.cachedInput', 'cached_input_tokens'),
  field('tokens.output', 'output_tokens'),
  field('tokens.reasoning', 'reasoning_tokens'),
  field('ratedNano', 'rated_nano'),
  field('writeOffNano', 'write_off_nano'),
  field('chargeNano'),
  field('costNano', 'cost_nano'),
  field('flags', 'flags'),
  field('firstByteMs', 'first_byte_ms'),
  field('latencyMs', 'latency_ms'),
  field('attempts', 'attempts'),
  field('vendorUsage', 'vendor_usage'),
  field('mode'),
]

/** Behind them, where there are any. */
export const lastFields: readonly Field[] = [field('idempotency'), field('resources'), field('images')]

/** Where SQL finds a value of a column `settlement`, as an expression. Its version is in front of all. */
export function inSettlement(path: string): string {
  return `settlement ->> '$[${settlementFields.findIndex((each) => each.path === path) + 1}]'`
}

/** The columns of the view `receipt` that are read out of the text. */
export const receiptColumns: readonly string[] = settlementFields.flatMap(({ path, column }) =>
  column === null ? [] : [`${inSettlement(path)} as ${column}`],
)

/** How values are kept that are not kept as they are. */
export type Kept = Readonly<
  Record<string, { readonly pack?: (value: never) => unknown; readonly unpack: (packed: never) => unknown }>
>

/**
 * The function that makes a list of the values, with `first` in front. It is written out as text and compiled once: as
 * quick as one by hand, where to walk the list takes half a microsecond a request more.
 */
export function packing(fields: readonly Field[], kept: Kept, first: readonly number[]): (of: object) => unknown[] {
  const values = fields.map(({ path }) => (kept[path]?.pack ? `kept.${path}.pack(of.${path})` : `of.${path}`))
  return compiled(`return (of) => [${[...first, ...values].join(', ')}]`, kept) as ReturnType<typeof packing>
}

/** The function that makes the values of such a list an object again; `from`: where the first of them is. */
export function unpacking(fields: readonly Field[], kept: Kept, from: number): (packed: readonly unknown[]) => unknown {
  const groups = new Map<string, string[]>()
  for (const [index, { path }] of fields.entries()) {
    const [outer, inner] = path.split('.') as [string, string?]
    const packed = `packed[${from + index}]`
    const value = path in kept ? `kept.${path}.unpack(${packed})` : packed
    groups.set(outer, [...(groups.get(outer) ?? []), inner === undefined ? value : `${inner}: ${value}`])
  }
  const members = [...groups].map(([outer, [first, ...more]]) =>
    more.length === 0 ? `${outer}: ${first}` : `${outer}: { ${[first, ...more].join(', ')} }`,
  )
  return compiled(`return (packed) => ({ ${members.join(', ')} })`, kept) as ReturnType<typeof unpacking>
}

// oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- of the names in this file and nothing else
const compiled = (text: string, kept: Kept): unknown => (new Function('kept', text) as (kept: Kept) => unknown)(kept)
