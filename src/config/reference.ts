/** What editors and people are told about `mart.yaml`: a JSON Schema and a page, both made from what checks it. */
import { z } from 'zod'
import type { References } from '../lib/references.ts'
import type { PricesSchema } from './model-schema.ts'
import { martFileSchema } from './mart-file.ts'
import { sectionsReadAtStart } from './restart.ts'

type Schema = z.core.JSONSchema.BaseSchema

/** The JSON Schema (draft 7, which YAML editors know best) of `mart.yaml`. */
export function martJsonSchema(prices: PricesSchema): Schema {
  const references: References = { env: () => null, file: () => null }
  return {
    title: 'mart.yaml',
    description: 'The configuration file of AICreditMart.',
    ...z.toJSONSchema(martFileSchema(references, prices, 0), { io: 'input', target: 'draft-07', override: edit }),
  }
}

/** What zod leaves out or puts in that a reader would not: see each line. */
function edit({ zodSchema, jsonSchema }: { readonly zodSchema: z.core.$ZodTypes; readonly jsonSchema: Schema }): void {
  const { def } = zodSchema._zod
  // The default of a field that is transformed; what is no mapping may be written as it comes out.
  if (def.type === 'default' && isScalar(def.defaultValue)) jsonSchema.default = def.defaultValue
  // A bound that is no decision of ours, and a pattern for what `format` says already.
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.format === 'date') delete jsonSchema.pattern
}

const isScalar = (value: unknown): value is string | number | boolean | null =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)

/** The reference page of `mart.yaml`, in Markdown: a table for each section. */
export function referencePage(schema: Schema): string {
  const sections = Object.entries(schema.properties ?? {}).flatMap(([key, each]) => sectionText(key, each as Schema))
  return `${[...introduction, ...sections].join('\n')}\n`
}

const introduction = [
  '# mart.yaml',
  '',
  '<!-- Made by `npm run generate` from the schema in src/config; do not edit. -->',
  '',
  'What a gateway serves and how: providers, deployments, regions, prices. A start reads `mart.yaml` of its working',
  'folder, or the file that `MART_CONFIG` names; without one it serves the sandbox. `mart config check [FILE]` checks',
  'a file without starting anything, and [mart.example.yaml](../../mart.example.yaml) is one to begin with.',
  '',
  '- **Strict.** An unknown key or a bad value stops the start with one line: file, path, value and what is allowed.',
  '- **Secrets by reference.** A secret is `${NAME}`, an environment variable, or `{file: PATH}`, a file beside this',
  '  one; never the secret itself. URLs and names at a provider may contain `${NAME}` as well. Within `{` and `}` it',
  '  needs quotes.',
  '- **Written once.** What several providers have in common may stand at one (`one: &server {…}`) and be merged',
  '  into others (`two: { <<: *server, … }`).',
  '- **Reloaded while it runs.** When the file changes, and on SIGHUP, which also reads the secrets again. A file that',
  '  is refused changes nothing; the log says why. A `mart.yaml` that appears after a start without one is taken over.',
  `- **Read at the start only:** ${sectionsReadAtStart.map((section) => `\`${section}\``).join(', ')}. A change there waits for the next start; the log and`,
  '  `mart config reload` name the settings that wait.',
  '- **Millionths.** What ends in `Ppm` is whole millionths: 1000000 is 1, 50000 is 5 %.',
]

function sectionText(key: string, schema: Schema): string[] {
  const byDefault = defaultText(schema.default)
  const heading = ['', `## ${key}`, '', `${schema.description}${byDefault && ` Default: ${byDefault}.`}`]
  const { kinds, others } = byKind(schema)
  return [
    ...heading,
    ...(others.length === 0 ? [] : table(others)),
    ...kinds.flatMap(([kind, rows]) => ['', `### kind: ${kind}`, ...table(rows)]),
  ]
}

/** A mapping to one of several kinds gets a table for each; everything else has one table. */
function byKind(schema: Schema): { readonly kinds: readonly [string, Row[]][]; readonly others: Row[] } {
  const variants = valueOf(schema)?.oneOf ?? []
  if (variants.length === 0) return { kinds: [], others: rowsOf('', schema) }
  const kinds = variants.map((each): [string, Row[]] => [
    String((each.properties?.['kind'] as Schema | undefined)?.const),
    rowsOf('<name>.', each),
  ])
  return { kinds, others: [] }
}

type Row = { readonly key: string; readonly schema: Schema; readonly isRequired: boolean }

/** A row for each field, those inside of fields behind them. */
function rowsOf(prefix: string, schema: Schema): Row[] {
  const required = schema.required ?? []
  const fields = Object.entries(schema.properties ?? {}) as [string, Schema][]
  const own = fields.flatMap(([key, each]): Row[] => [
    { key: prefix + key, schema: each, isRequired: required.includes(key) },
    ...insideOf(prefix + key, each),
  ])
  return own.length > 0 ? own : insideOf(prefix.replace(/\.$/, ''), schema)
}

function insideOf(key: string, schema: Schema): Row[] {
  const given = givenOf(schema)
  if (given) return rowsOf(`${key}.`, given)
  const item = schema.items as Schema | undefined
  if (item?.type === 'object') return rowsOf(`${key}[].`, item)
  const value = valueOf(schema)
  const valueKey = key === '' ? '<name>' : `${key}.<name>`
  if (value?.type === 'object') return rowsOf(`${valueKey}.`, value)
  if (value?.description !== undefined) return [{ key: valueKey, schema: value, isRequired: false }]
  return schema.properties ? rowsOf(`${key}.`, schema) : []
}

/** The mapping that may be null instead. */
function givenOf({ title, anyOf = [] }: Schema): Schema | undefined {
  const [given, ...others] = anyOf.filter(({ type }) => type !== 'null')
  return title === undefined && others.length === 0 && given?.properties ? given : undefined
}

/** What a mapping from names that people choose maps to. */
const valueOf = ({ additionalProperties }: Schema): Schema | undefined =>
  typeof additionalProperties === 'object' ? additionalProperties : undefined

const table = (rows: readonly Row[]): string[] => [
  '',
  '| key | allowed | default | meaning |',
  '| --- | --- | --- | --- |',
  ...rows.map(({ key, schema, isRequired }) => {
    const byDefault = isRequired ? 'required' : defaultText(schema.default)
    const cells = [`\`${key}\``, allowedText(schema), byDefault, schema.description ?? '']
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  }),
]

function defaultText(value: unknown): string {
  const json = JSON.stringify(value)
  return json === undefined || json === '{}' || json === '[]' ? '' : `\`${json}\``
}

function allowedText(schema: Schema): string {
  if (schema.title !== undefined) return schema.title
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  if (schema.enum) return schema.enum.map((each) => `\`${String(each)}\``).join(', ')
  const variants = schema.anyOf ?? schema.oneOf ?? []
  if (variants.length > 0) return [...new Set(variants.map(allowedText))].join(' or ')
  // Typed as one, but of what may be null it is a list.
  const types = [schema.type ?? 'string'].flat() as SchemaType[]
  return types.map((type) => typeText(type, schema)).join(' or ')
}

function typeText(type: SchemaType, schema: Schema): string {
  switch (type) {
    case 'integer':
      return `whole number${boundsText(schema)}`
    case 'number':
      return `number${boundsText(schema)}`
    case 'boolean':
      return '`true`, `false`'
    case 'array':
      return listText(schema.items as Schema)
    case 'object':
      return 'mapping'
    case 'null':
      return '`null`'
    case 'string':
      return schema.format === 'date' ? 'day' : 'text'
  }
}

type SchemaType = 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'null' | 'string'

function listText(item: Schema): string {
  if (item.enum) return `list of any of ${allowedText(item)}`
  return `list of ${item.type === 'object' ? 'mappings' : `${allowedText(item)}s`}`
}

function boundsText({ minimum, maximum }: Schema): string {
  if (minimum === undefined) return ''
  return maximum === undefined ? ` from ${minimum}` : `, ${minimum} to ${maximum}`
}
