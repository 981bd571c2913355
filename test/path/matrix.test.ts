/**
 * Every operation at every kind of provider: generated from the route table, so that one that nobody recorded fails
 * here. What is recorded stands in `test/recorded/NAME/`; CONTRIBUTING.md says how to add one.
 */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { wholeBodyOf } from '../../src/gateway/body.ts'
import type { RecordsReader } from '../../src/gateway/dialect.ts'
import type { Operation } from '../../src/gateway/operation.ts'
import { operations } from '../../src/gateway/operations.ts'
import { providerKinds, type DialectName, type ProviderKind } from '../../src/upstreams/deployment.ts'
import { everyKind } from '../../src/upstreams/test-adapters.ts'
import type { ResourceKind } from '../../src/store/resources.ts'
import type { Reservation } from '../../src/store/reservations.ts'
import { rate } from '../../src/money/rating.ts'
import { resourceOf } from '../../src/store/store-fixtures.ts'
import type { SettlementFlag } from '../../src/store/store.ts'
import { organizationId, startGateway } from './gateway.ts'

/** `test/recorded/NAME/operation.json` */
type Recorded = {
  /** Where the shape of call and answer is from. */
  readonly source: string
  readonly call: { readonly target: string; readonly body?: object; readonly form?: Readonly<Record<string, string>> }
  /** What the target names by id. */
  readonly resource?: { readonly kind: ResourceKind; readonly id: string; readonly model: string | null }
  /** The model that is asked for; absent where none is. */
  readonly model?: string
  /** What the upstream answers, and the client gets: as JSON, or bytes as text. */
  readonly answer: unknown
  /** What is charged, or reserved, for it, by class; null where nothing is. */
  readonly usage: Readonly<Record<string, number>> | null
  /** The call whose answer streams, where there is one, and what the streams beside are charged, by their files. */
  readonly streamed?: {
    readonly target?: string
    readonly body?: object
    readonly usages: Readonly<Record<string, Readonly<Record<string, number>>>>
  }
  /** By kind of provider: what it is asked; null where it does not serve this. */
  readonly upstream: Readonly<Record<string, string | null | Translated>>
}
/** Asked as another operation, whose answer this is. */
type Translated = { readonly asks: string; readonly answer: object }

const root = resolve(import.meta.dir, '../recorded')
const known = new Map<string, Recorded>()
function recordedOf({ name }: Operation): Recorded {
  const recorded = known.get(name) ?? (JSON.parse(readFileSync(join(root, name, 'operation.json'), 'utf8')) as Recorded)
  known.set(name, recorded)
  return recorded
}

const providers: Readonly<Record<string, object>> = {
  ...everyKind,
  'azure-openai, deployments': { ...everyKind['azure-openai'], style: 'deployments', apiVersion: '2024-10-21' },
  'vertex-ai': { ...everyKind['vertex-ai'], location: 'us-central1' },
}

test('every operation is recorded, and at every kind of provider it is said what becomes of it', () => {
  const missing = operations.filter(({ name }) => !existsSync(join(root, name, 'operation.json')))
  expect(missing.map(({ name }) => `test/recorded/${name}/operation.json`)).toEqual([])
  const names = operations.map(({ name }): string => name)
  expect(readdirSync(root).filter((name) => !names.includes(name))).toEqual([])
  for (const operation of operations) {
    const { source, upstream, usage } = recordedOf(operation)
    expect(source).toStartWith('https://')
    expect([operation.name, Object.keys(upstream).toSorted()]).toEqual([
      operation.name,
      Object.keys(providers).toSorted(),
    ])
    expect([operation.name, usage === null]).toEqual([operation.name, operation.due === 'free'])
  }
  expect(providerKinds.filter((kind) => !(kind in providers))).toEqual([])
})

const bodyOf = (answer: unknown): string => (typeof answer === 'string' ? answer : JSON.stringify(answer))

/** A gateway in front of one provider, and the call that is recorded. */
async function started(operation: Operation, kind: string, pieces: readonly (string | Uint8Array)[]) {
  const { model, resource } = recordedOf(operation)
  const deployment = {
    name: 'one',
    provider: 'one',
    region: 'us',
    model: model ?? resource?.model ?? modelOf(operation),
  }
  const config = { providers: { one: providers[kind] }, deployments: [deployment] }
  const mode = kind === 'sandbox' ? 'test' : 'live'
  const gateway = await startGateway(config, () => ({ pieces }), { mode })
  if (resource)
    await gateway.deps.resources.create(
      resourceOf({ ...resource, organizationId, mode, provider: 'one', region: 'us', deployment: 'one' }),
    )
  return gateway
}

async function asked(operation: Operation, kind: string) {
  const { call, answer, upstream } = recordedOf(operation)
  const cell = upstream[kind]!
  const given = cell !== null && typeof cell !== 'string' ? cell.answer : answer
  const gateway = await started(operation, kind, [bodyOf(given)])
  const taken = await gateway.ask(
    operation.method,
    call.target,
    call.form ? formOf(call.form) : call.body && { body: call.body },
  )
  const text = await taken.text()
  gateway.stop()
  return { ...gateway, cell, status: taken.status, text, answer }
}

/** What stands for a file. */
const fileNames = ['file', 'video']

const formOf = (fields: Readonly<Record<string, string>>) => ({
  headers: { 'content-type': 'multipart/form-data; boundary=B' },
  body: [
    ...Object.entries(fields).flatMap(([name, text]) => [
      `--B\r\nContent-Disposition: form-data; name="${name}"${fileNames.includes(name) ? '; filename="a.jsonl"' : ''}`,
      `\r\n\r\n${text}\r\n`,
    ]),
    '--B--\r\n',
  ].join(''),
})

/** Whether a deployment there can be configured for a model of its dialect. */
const speaks = (kind: string, { dialect }: Operation): boolean =>
  configurable[(providers[kind] as { kind: ProviderKind }).kind].includes(dialect.name)
const configurable: Readonly<Record<ProviderKind, readonly DialectName[]>> = {
  openai: ['openai'],
  'azure-openai': ['openai'],
  'google-ai-studio': ['genai'],
  'vertex-ai': ['genai'],
  'openai-compatible': ['openai'],
  'gemini-compatible': ['genai'],
  sandbox: ['openai', 'genai'],
}

/** Some model of its dialect, for accounts that must have one. */
const modelOf = ({ dialect }: Operation): string => (dialect.name === 'openai' ? 'gpt-5.4' : 'gemini-3.5-flash')

for (const operation of operations.filter(({ name }) => existsSync(join(root, name, 'operation.json'))))
  describe(operation.name, () => {
    const { streamed, usage } = recordedOf(operation)

    test.each(Object.keys(providers))('at %s', async (kind) => {
      if (!speaks(kind, operation)) {
        expect(recordedOf(operation).upstream[kind]).toBeNull()
        return
      }
      const { cell, status, text, sent, settled, reserved, deps, answer } = await asked(operation, kind)
      if (cell === null) {
        expect([sent.map(({ url }) => url), status >= 400]).toEqual([[], true])
        return
      }
      expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([typeof cell === 'string' ? cell : cell.asks])
      expect([status, text.slice(0, 2_000)]).toEqual([
        200,
        typeof cell === 'string' ? bodyOf(answer).slice(0, 2_000) : expect.any(String),
      ])
      if (operation.due === 'deferred') {
        const [{ settlement }, ...others] = reserved as readonly [Reservation]
        expect([settlement.ending, others, settled]).toEqual(['reserved', [], []])
        const price = deps.prices.priceOf(settlement.model, settlement.admittedAt)!
        expect(settlement.holdNano).toBe(rate(usage!, price, 'standard').ratedNano.toString())
        return
      }
      const flags: readonly SettlementFlag[] = typeof cell === 'string' ? [] : ['translated']
      expect(settled.map((each) => ({ ending: each.ending, flags: each.flags }))).toEqual(
        usage === null ? [] : [{ ending: 'completed', flags }],
      )
      if (usage !== null && typeof cell === 'string') expect(quantities(settled[0]!.lines)).toEqual(usage)
    })

    if (streamed) {
      const folder = join(root, operation.name)
      const files = readdirSync(folder).filter((name) => name !== 'operation.json')
      test('has streams, each with what it is charged', () => {
        expect(files).not.toEqual([])
        expect(files.toSorted()).toEqual(Object.keys(streamed.usages).toSorted())
      })
      test.each(files)('%s comes out byte for byte, in a thousand ways to cut it, and tells the same', (file) => {
        const bytes = readFileSync(join(folder, file))
        const whole = follow(operation, [bytes])
        // Behind its end nothing is given any more, such as a last comment.
        expect(withoutComments(bytes.toString('latin1').replace(whole.passed, ''))).toBe('')
        expect(['whole', 'over']).toContain(whole.state)
        expect(whole.usage).toEqual(streamed.usages[file]!)
        const sizes = fc.array(fc.integer({ min: 1, max: Math.ceil(bytes.length / 12) }), { maxLength: 60 })
        fc.assert(
          fc.property(sizes, (cuts) => expect(follow(operation, piecesOf(bytes, cuts))).toEqual(whole)),
          { numRuns: 1_000 },
        )
        expect(
          follow(
            operation,
            piecesOf(
              bytes,
              Array.from(bytes, () => 1),
            ),
          ),
        ).toEqual(whole)
      })
      test.each(files)('%s passes the whole path, and is charged as it says', async (file) => {
        const bytes = readFileSync(join(folder, file))
        const { call, upstream } = recordedOf(operation)
        const kind = Object.keys(upstream).find((each) => typeof upstream[each] === 'string')!
        const cuts = Array.from({ length: 20 }, (_, at) => Math.ceil(bytes.length / (at + 7)))
        const gateway = await started(operation, kind, piecesOf(bytes, cuts))
        const body = streamed.body ?? call.body
        const taken = await gateway.ask(operation.method, streamed.target ?? call.target, body && { body })
        const passed = Buffer.from(await taken.bytes())
          .toString('latin1')
          .trimEnd()
        expect(passed).toBe(follow(operation, [bytes]).passed)
        expect(taken.headers['content-type']).toStartWith('text/event-stream')
        // Settled before its last byte was given.
        const [settlement] = gateway.settled
        expect(settlement).toMatchObject({ ending: 'completed', streamed: true })
        expect(quantities(settlement!.lines)).toEqual(streamed.usages[file]!)
        gateway.stop()
      })
    }
  })

const quantities = (lines: readonly { readonly class: string; readonly quantity: number }[]) =>
  Object.fromEntries(lines.map((line) => [line.class, line.quantity]))

function follow(operation: Operation, pieces: readonly Uint8Array[]) {
  const { call, streamed, model = '' } = recordedOf(operation)
  const body = wholeBodyOf(new TextEncoder().encode(JSON.stringify(streamed!.body ?? call.body)))
  const query = new URL(streamed!.target ?? call.target, 'http://mart').searchParams
  const reader = operation.read(body, { model }, query).wire.answer as RecordsReader
  const ways = {
    framing: reader.framing,
    reportsStreamUsage: true,
    hasAnnotationChunks: false,
    recordBytesMax: 16_000_000,
  }
  const reading = reader.follow({ get: () => null }, ways)
  const passed = pieces.map((piece) => reading.take(piece))
  const all = Buffer.concat([...passed, reading.close()])
  // A stream is over at the carriage return of its last blank line, with its line feed or without.
  return { passed: all.toString('latin1').trimEnd(), state: reading.state(), usage: reading.reading().usage }
}

const withoutComments = (text: string): string => text.replaceAll(/^:.*$/gm, '').trim()

function piecesOf(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const cut of [...cuts, bytes.length]) {
    if (at < bytes.length) pieces.push(bytes.subarray(at, at + cut))
    at += cut
  }
  return pieces
}
