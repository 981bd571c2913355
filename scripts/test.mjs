/**
 * `npm test [-- PATH…] [--unit]`: installs what is missing, runs every test, and ends with one line of counts.
 * What this machine cannot run is named and counted as skipped; a run without a test is a failure. Which tests run
 * beside one another, and what `--unit` takes, is said in `test-lanes.mjs`.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makePythonEnvironment } from './python.mjs'
import { lanesOf } from './test-lanes.mjs'
import { bun, installWhatIsMissing, note, root } from './toolchain.mjs'
import { buildWebIfChanged } from './web.mjs'

const perTestMsMax = 30_000

const isQuick = process.argv.includes('--unit')
/** In ten seconds the last pass of the compiler costs more than it gives: two seconds of a processor. */
const notCompiled = { BUN_JSC_useFTLJIT: '0' }

let wasStopped = false

/** One lane after the other. */
async function runTests(lanes) {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  const failures = []
  for (const lane of lanes) {
    const { counts, said } = await runLane(lane)
    for (const name of Object.keys(sum)) sum[name] += counts[name]
    failures.push(...failuresIn(said))
    if (wasStopped) break
  }
  return { ...sum, failures }
}

/** What tests put into the temp folder is in one of the run's own, which goes with it, whatever was killed meanwhile. */
async function runLane(args) {
  const folder = mkdtempSync(join(tmpdir(), 'mart-test-'))
  const reportFile = join(folder, 'junit.xml')
  const reporter = ['--reporter=junit', `--reporter-outfile=${reportFile}`]
  try {
    const { code, said } = await run(['test', `--timeout=${perTestMsMax}`, ...reporter, ...args], folder)
    return { counts: countsOf(readReport(reportFile), said, code), said }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Shows what Bun prints while it prints it, and keeps it. */
function run(args, TMPDIR) {
  const env = { ...process.env, TMPDIR, FORCE_COLOR: process.stdout.isTTY ? '1' : '0', ...(isQuick && notCompiled) }
  const child = spawn(bun, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text) => {
      process.stdout.write(text)
      said += text
    })
  }
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => {
      wasStopped = true
      child.kill(signal)
    })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })))
}

function readReport(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/**
 * The report omits files that could not be loaded, which Bun counts in its own summary; and Bun can die
 * before it writes either. A failure that any of the three knows of is one.
 */
function countsOf(junit, said, code) {
  const [total, failures, skipped] = ['tests', 'failures', 'skipped'].map((name) => attributeOf(junit, name))
  const failuresSaid = Number(/^\s*(\d+) fail$/m.exec(plain(said))?.[1] ?? 0)
  const failed = Math.max(failures, failuresSaid, code === 0 ? 0 : 1)
  return { passed: total - failures - skipped, failed, skipped }
}

const attributeOf = (junit, name) => Number(new RegExp(`<testsuites[^>]* ${name}="(\\d+)"`).exec(junit)?.[1] ?? 0)
// oxlint-disable-next-line no-control-regex -- colours are escape sequences
const plain = (text) => text.replaceAll(/\u001B\[[\d;]*m/g, '')

/** By name, once each: Bun tells of them again at its end. */
const failuresIn = (said) => new Set(plain(said).match(/^\(fail\) .+?(?= \[[\d.]+m?s\]$|$)/gm))

/** What failed is named again at the end, where whoever looks need not search thousands of lines. */
function report({ passed, failed, skipped, failures }) {
  if (passed + failed === 0) note('no test ran')
  for (const failure of failures) console.log(failure)
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  return failed > 0 || passed === 0 ? 1 : 0
}

installWhatIsMissing()
buildWebIfChanged()
// No quick test has need of it.
const noPython = isQuick ? null : makePythonEnvironment()
if (noPython) note(`Python tests are skipped: ${noPython}`)
process.exitCode = report(await runTests(lanesOf(process.argv.slice(2))))
