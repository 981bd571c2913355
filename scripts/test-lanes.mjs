/** Which test files run beside one another, which alone, and which are the quick ones. */
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { root } from './toolchain.mjs'

/** They measure how long somebody waits, or memory in the thick of an attack: nothing may run beside them. */
const alone = ['test/faults/attack-', 'test/faults/process-memory.', 'test/soak/']

/** Beside modules, but with sockets, processes, threads, files that are watched or synced, pictures that are drawn, or data by the million. */
const notUnit = [
  'src/cli.test.ts',
  'src/config/watch-file.',
  'src/control/people/attacks.',
  'src/control/people/mailer.',
  'src/control/people/provider.',
  'src/control/people/second-factor-attacks.',
  'src/control/start/first-run.',
  'src/control/thread/',
  'src/gateway/dialects/openai/chat/long-stream.',
  'src/jobs/forget-key-uses.',
  'src/lib/decompress.',
  'src/lib/http-',
  'src/lib/json-outline.',
  'src/lib/json-skeleton.',
  'src/lib/line-buffer.',
  'src/lib/line-writer.',
  'src/lib/post-outside.',
  'src/lib/rates.',
  'src/lib/spool.',
  'src/money/journal',
  'src/money/kept-answers.',
  'src/node.test.ts',
  'src/reporting/usage-bounds.',
  'src/sandbox/',
  'src/store/reports-db/',
  'src/store/sqlite/',
  'src/telemetry/',
  'src/upstreams/vertex-token.',
]

/** Each property for so long at most, instead of so many runs; passwords that are hashed for little; stores that wait for no disk. */
const quick = ['properties', 'passwords', 'stores'].map((name) => `--preload=./test/support/quick-${name}.ts`)

/** What computes: as many as there are cores. */
const cores = Math.max(2, Math.min(4, availableParallelism()))
/** One more: on two cores, two of them left a third of the time to nobody, because a test waits half of its own. */
const waiting = Math.min(4, cores + 1)
const workers = (count) => [`--parallel=${count}`, '--no-isolate']

/**
 * What Bun is asked, one after the other, as lists of arguments. `words`: parts of paths, of which one must be in that of
 * a file (none: all files), options of `bun test`, and `--unit`, which takes the quick files alone.
 */
export function lanesOf(words) {
  const options = words.filter((word) => word.startsWith('-') && word !== '--unit')
  const filters = words.filter((word) => !word.startsWith('-'))
  const files = testFiles().filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  if (words.includes('--unit')) return laneOf(files.filter(isUnit), [...workers(cores), ...quick, ...options])
  return [
    ...laneOf(
      files.filter((file) => !isIn(file, alone)),
      [...workers(waiting), ...options],
    ),
    ...laneOf(
      files.filter((file) => isIn(file, alone)),
      options,
    ),
  ]
}

const laneOf = (files, options) => (files.length === 0 ? [] : [[...options, ...files.map((file) => `./${file}`)]])

const isIn = (file, places) => places.some((place) => file.startsWith(place))
const isUnit = (file) => isIn(file, ['src/', 'test/path/', 'web/']) && !isIn(file, notUnit)

/** Folders of the checkout that hold nothing of ours. */
const others = new Set(['coverage', 'data', 'dist', 'node_modules'])

/** By their paths from the root, with `/`. */
const testFiles = () =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !others.has(entry.name))
    .flatMap(({ name }) =>
      readdirSync(join(root, name), { recursive: true }).map((file) => `${name}/${file.replaceAll('\\', '/')}`),
    )
    .filter((file) => /\.test\.tsx?$/.test(file) && !file.includes('/node_modules/'))
    .toSorted()
