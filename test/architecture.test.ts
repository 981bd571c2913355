/**
 * The shape of the code base, held by tests: who may import whom, no cycles, and what must not appear in
 * a file of ours. The table is the rule; a change to it is a decision (docs/decisions).
 */
import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const domains = [
  'money',
  'limits',
  'keys',
  'organizations',
  'catalog',
  'upstreams',
  'resources',
  'reporting',
  'payments',
] as const
const below = [...domains, 'store', 'lib']
const planes = ['gateway', 'control', 'jobs']

/**
 * What each part of src may import besides itself. Imports go one way:
 * main, cli → node, app → gateway | control | jobs → the domains → store → lib.
 * Domains never import each other; what two of them share is composed above them or passed as a value.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  main: [
    'app',
    'books',
    'entrance',
    'gauges',
    'node',
    'config',
    'offer',
    'offering',
    'operated-on',
    'people',
    'public-pages',
    'started-text',
    'sandbox',
    'telemetry',
    'web',
    ...planes,
    ...below,
  ],
  books: ['config', 'jobs', 'node', 'offer', 'telemetry/metrics.ts', ...below],
  entrance: ['app', 'config', 'offer', ...below],
  gauges: ['books', 'entrance', 'offer', 'telemetry', 'gateway', ...below],
  offer: ['config', 'gateway', ...below],
  offering: ['config', 'offer', ...below],
  'operated-on': ['books', 'offering', 'gateway', ...below],
  people: ['config', 'control', ...below],
  'started-text': ['config', 'control', 'gateway', 'offer', ...below],
  'public-pages': ['control', 'gateway', 'offer', 'reference', ...below],
  reference: ['control', 'gateway', ...below],
  cli: ['config', 'control', 'gateway/operations.ts', ...below],
  web: ['lib'],
  app: ['config', 'public-pages', 'web', ...planes, ...below],
  node: ['gateway', 'jobs', ...below],
  config: ['catalog', 'upstreams', 'lib'],
  gateway: below,
  control: below,
  jobs: below,
  // Watches the request path by its types alone: nothing of the gateway runs in here.
  telemetry: ['gateway/observe.ts', 'gateway/errors.ts', 'store/store.ts', 'store/reports-db/reports-db.ts', 'lib'],
  // The store as its interface has it, and the text that its records are written in.
  ...Object.fromEntries(
    domains.map((domain) => [
      domain,
      ['store/store.ts', 'store/resources.ts', 'store/reservations.ts', 'store/settlement-text.ts', 'lib'],
    ]),
  ),
  // Reads the file of reports by its interface, which no other domain needs.
  reporting: [
    'store/store.ts',
    'store/resources.ts',
    'store/reservations.ts',
    'store/settlement-text.ts',
    'store/reports-db/reports-db.ts',
    'lib',
  ],
  store: ['lib'],
  lib: [],
  sandbox: ['lib'],
}

/** Bun-only APIs stay here, everything else being web-standard or node:. */
const mayUseBun = ['main', 'cli', 'lib', 'store', 'sandbox']
/** The environment is read once, where a process begins. */
const mayReadEnvironment = ['src/main.ts', 'src/cli.ts', 'src/config.ts', 'src/sandbox/main.ts']
const linesMax = 400

type Import = { readonly from: string; readonly to: string }
type Source = { readonly path: string; readonly text: string; readonly code: string }

const root = resolve(import.meta.dir, '..')
const filesIn = (folder: string, pattern: RegExp): Source[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => pattern.test(name) && !name.includes('node_modules'))
        .map((name) => read(join(folder, name)))
    : []

function read(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8')
  return { path: path.replaceAll('\\', '/'), text, code: withoutComments(text) }
}

const withoutComments = (text: string): string => text.replaceAll(/^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, '')

const sources = filesIn('src', /\.tsx?$/).filter(({ path }) => !/\.(?:test|d)\.tsx?$/.test(path))
const imports = sources.flatMap(importsOf)

function importsOf({ path, code }: Source): Import[] {
  const statements = code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)['"]/g)
  return [...statements].map(([, target]) => ({
    from: path,
    to: relative(root, resolve(root, dirname(path), target!)).replaceAll('\\', '/'),
  }))
}

/** The part of src a path belongs to: its folder, or its name when it lies at the top. */
const partOf = (path: string): string => path.split('/')[1]!.replace(/\.tsx?$/, '')

function isAllowed({ from, to }: Import): boolean {
  // The version is said where a program begins.
  if (to === 'package.json') return ['src/main.ts', 'src/cli.ts'].includes(from)
  // The text of the reference's pages is documentation, and stands with it.
  if (from === 'src/reference/pages.ts' && to.startsWith('docs/reference/')) return true
  if (!to.startsWith('src/')) return false
  if (partOf(from) === partOf(to)) return true
  return (mayImport[partOf(from)] ?? []).some((allowed) => to === `src/${allowed}` || partOf(to) === allowed)
}

const arrow = ({ from, to }: Import): string => `${from} → ${to}`

describe('imports', () => {
  test('every part of src has its row in the table', () => {
    const parts = [...new Set(sources.map(({ path }) => partOf(path)))]
    expect(parts.filter((part) => !(part in mayImport))).toEqual([])
  })

  test('go one way, and domains never import each other', () => {
    expect(imports.filter((each) => !isAllowed(each)).map(arrow)).toEqual([])
  })

  test('of the web app reach the server by the types of its contract alone', () => {
    const web = filesIn('web/src', /\.tsx?$/).flatMap(importsOf)
    const isContract = ({ to }: Import): boolean => /^src\/control\/contract[\w-]*\.ts$/.test(to)
    expect(web.filter((each) => !each.to.startsWith('web/src/') && !isContract(each)).map(arrow)).toEqual([])
    const values = filesIn('web/src', /\.tsx?$/).filter(({ code }) =>
      /^(?:import|export)(?! type)(?:(?!\bfrom\b)[\s\S])*?from '[./]*src\/control/m.test(code),
    )
    expect(values.map(({ path }) => path)).toEqual([])
  })

  test('of the pages reach what the data plane holds by the admin API alone', () => {
    const isPage = ({ from }: Import): boolean =>
      from.startsWith('src/control/pages/') && !/\/test-[\w-]+\.ts$/.test(from)
    const isClosed = ({ to }: Import): boolean =>
      /^src\/store\/sqlite\/|^src\/control\/(?:admin-(?!error)|thread\/)/.test(to)
    expect(imports.filter((each) => isPage(each) && isClosed(each)).map(arrow)).toEqual([])
  })

  test('of the data plane load nothing of what only the control thread needs', () => {
    const controlOnly = /from '(?:better-auth|@better-auth|zod-openapi|nodemailer|standardwebhooks)[/']/
    const loaded = reachedFrom('src/main.ts')
    expect(loaded.size).toBeGreaterThan(200)
    expect([...loaded].filter((path) => controlOnly.test(valueImportsOf(path)))).toEqual([])
    expect([...loaded].filter((path) => path.startsWith('src/control/pages/'))).toEqual([])
  })

  test('form no cycle', () => {
    expect(cyclesOf(imports)).toEqual([])
  })

  test('of bun: stay where Bun-only APIs may be used', () => {
    const users = sources.filter(({ code }) => /['"]bun(?::[a-z]+)?['"]|\bBun\./.test(code))
    expect(users.map(({ path }) => path).filter((path) => !mayUseBun.includes(partOf(path)))).toEqual([])
  })

  test('the rule itself refuses what it must', () => {
    const refused: Import[] = [
      { from: 'src/money/rating.ts', to: 'src/limits/limits.ts' },
      { from: 'src/money/rating.ts', to: 'src/store/sqlite/open.ts' },
      { from: 'src/gateway/serve.ts', to: 'src/control/admin.ts' },
      { from: 'src/gateway/serve.ts', to: 'src/app.ts' },
      { from: 'src/gateway/serve.ts', to: 'src/sandbox/main.ts' },
      { from: 'src/sandbox/main.ts', to: 'src/money/usage.ts' },
      { from: 'src/lib/log.ts', to: 'src/store/store.ts' },
      { from: 'src/store/store.ts', to: 'test/support/mart.ts' },
    ]
    expect(refused.filter(isAllowed).map(arrow)).toEqual([])
    expect(isAllowed({ from: 'src/money/rating.ts', to: 'src/store/store.ts' })).toBe(true)
    const [a, b, c] = ['a.ts', 'b.ts', 'c.ts'] as const
    const loop = [a, b, c].map((from, index) => ({ from, to: [b, c, a][index]! }))
    expect(cyclesOf(loop)).toEqual(['a.ts → b.ts → c.ts → a.ts'])
  })
})

const codeOf = new Map(sources.map(({ path, code }) => [path, code]))

/** A file's imports without those of types, which load nothing. */
const valueImportsOf = (path: string): string =>
  [...(codeOf.get(path) ?? '').matchAll(/^(?:import|export)(?! type)(?:(?!\bfrom\b)[\s\S])*?(?:from )?'[^']+'/gm)].join(
    '\n',
  )

/** The files that are loaded with one. */
function reachedFrom(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path) || !codeOf.has(path)) return found
  found.add(path)
  for (const { to } of importsOf({ path, text: '', code: valueImportsOf(path) })) reachedFrom(to, found)
  return found
}

/** Each cycle once, as the path that closes it. */
function cyclesOf(edges: readonly Import[]): string[] {
  const next = Map.groupBy(edges, ({ from }) => from)
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start !== -1) cycles.push([...trail.slice(start), path].join(' → '))
    if (start !== -1 || done.has(path)) return
    for (const { to } of next.get(path) ?? []) visit(to, [...trail, path])
    done.add(path)
  }
  for (const path of next.keys()) visit(path, [])
  return cycles
}

describe('files', () => {
  const configs = readdirSync(root)
    .filter((name) => /\.(?:json|md|ya?ml)$/.test(name) && name !== 'package-lock.json')
    .map(read)
  const ours = [
    ...filesIn('src', /\.(?:tsx?|json|sql|css)$/),
    ...filesIn('web', /\.(?:tsx?|css|html)$/),
    ...filesIn('test', /\.(?:ts|py|txt)$/),
    ...filesIn('bench', /\.(?:ts|conf|md)$/),
    ...filesIn('examples', /\.(?:ts|py)$/),
    ...filesIn('scripts', /\.mjs$/),
    ...filesIn('docs', /\.md$/),
    ...filesIn('bin', /^mart$/),
    ...filesIn('.ci', /^run$/),
    ...configs,
  ]

  test('of src are never longer than a reader can hold', () => {
    const lengths = filesIn('src', /\.tsx?$/).map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    expect(lengths.filter(({ lines }) => lines > linesMax)).toEqual([])
  })

  test('name no path of one machine', () => {
    // Written so that this file does not hold what it looks for.
    const paths = new RegExp(['work', 'tmp', 'root', 'home/[a-z]'].map((name) => `['"\`\\s(=]/${name}/`).join('|'))
    expect(ours.filter(({ text }) => paths.test(text)).map(({ path }) => path)).toEqual([])
  })

  test('of src read the environment only where a process begins', () => {
    const readers = sources.filter(({ code }) => /\bprocess\.env\b|\bBun\.env\b|\bimport\.meta\.env\b/.test(code))
    expect(readers.map(({ path }) => path).filter((path) => !mayReadEnvironment.includes(path))).toEqual([])
  })

  test('are named in kebab-case and are no barrels', () => {
    const names = sources.map(({ path }) => path).filter((path) => !/^(?:[a-z0-9-]+\/)*[a-z0-9-]+\.tsx?$/.test(path))
    expect(names).toEqual([])
    expect(sources.filter(({ path }) => /\/index\.tsx?$/.test(path)).map(({ path }) => path)).toEqual([])
  })

  test('hold no leftovers of work in progress', () => {
    const leftovers = new RegExp(
      `\\b(?:${['FIX', 'ME'].join('')}|${['X', 'XX'].join('')}|dbg\\()|\\bdebugger\\b|\\.only\\(`,
    )
    expect(ours.filter(({ text }) => leftovers.test(text)).map(({ path }) => path)).toEqual([])
  })
})
