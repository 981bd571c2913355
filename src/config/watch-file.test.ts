import { afterEach, expect, test } from 'bun:test'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pricesSchema } from '../money/price-book-data.ts'
import { loadConfig } from '../config.ts'
import { readMartFile } from './load.ts'
import { watchMartFile, type FileWatch } from './watch-file.ts'
import { testFolder } from '../lib/test-folder.ts'

const settledMs = 100
/** Longer than it takes to notice a change and see that it is complete. */
const quietMs = 6 * settledMs

const open: FileWatch[] = []
afterEach(() => {
  for (const watch of open.splice(0)) watch.close()
})

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it never came to hold')
    await Bun.sleep(10)
  }
}

/** A folder with a file that is watched; what came of it so far. */
function watched(
  text = 'failover: {jitterMs: 1}',
  folder = testFolder('watch'),
  onChanged: (needRestart: readonly string[]) => void = () => undefined,
) {
  const path = join(folder, 'mart.yaml')
  writeFileSync(path, text)
  const read = () => readMartFile(path, {}, pricesSchema)
  const seen = { jitter: [] as number[], refused: [] as string[] }
  const goodAgain = { times: 0 }
  const watch = watchMartFile({
    path,
    file: read(),
    read,
    onChange: ({ failover: { jitterMs } }, needRestart) => {
      if (jitterMs === 13) throw new Error('no thirteen')
      onChanged(needRestart)
      seen.jitter.push(jitterMs)
    },
    onRefused: (reason) => seen.refused.push(reason),
    onGoodAgain: () => void (goodAgain.times += 1),
  })
  open.push(watch)
  return { folder, path, seen, goodAgain, watch, write: (data: string) => writeFileSync(path, data) }
}

test('a file that is written again is taken over, once', async () => {
  const { seen, write } = watched()
  write('failover: {jitterMs: 2}')
  await until(() => seen.jitter.length > 0)
  await Bun.sleep(quietMs)
  expect(seen).toEqual({ jitter: [2], refused: [] })
})

test('a file that an editor puts in the place of the old one is taken over, again and again', async () => {
  const { path, seen } = watched()
  for (const jitterMs of [2, 3, 4]) {
    writeFileSync(`${path}.new`, `failover: {jitterMs: ${jitterMs}}`)
    renameSync(`${path}.new`, path)
    await until(() => seen.jitter.at(-1) === jitterMs)
  }
  expect(seen).toEqual({ jitter: [2, 3, 4], refused: [] })
})

test('a mounted file whose folder is swapped behind a link is taken over', async () => {
  const folder = testFolder('watch')
  const version = (name: string, jitterMs: number): void => {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'mart.yaml'), `failover: {jitterMs: ${jitterMs}}`)
    symlinkSync(name, join(folder, 'next'))
    renameSync(join(folder, 'next'), join(folder, 'data'))
  }
  version('one', 1)
  symlinkSync('data/mart.yaml', join(folder, 'mart.yaml'))
  const { seen } = watched('failover: {jitterMs: 1}', folder)
  version('two', 2)
  await until(() => seen.jitter.length > 0)
  expect(seen.jitter).toEqual([2])
})

test('a file that is written in pieces is read when it is complete', async () => {
  const { seen, write } = watched()
  let longestMs = 0
  for (const piece of ['failover: {', 'failover: {jitterMs', 'failover: {jitterMs: 1', 'failover: {jitterMs: 12}']) {
    const startedAt = performance.now()
    write(piece)
    await Bun.sleep(settledMs / 2)
    longestMs = Math.max(longestMs, performance.now() - startedAt)
  }
  await until(() => seen.jitter.length > 0)
  expect(seen.jitter).toEqual([12])
  // On a machine so busy that a piece rested for longer, it was right to read it.
  if (longestMs < settledMs) expect(seen.refused).toEqual([])
})

test('a change that changes nothing is not taken for one', async () => {
  const { seen, watch, write } = watched()
  write('# A comment.\nfailover:\n  jitterMs: 1\n')
  await Bun.sleep(quietMs)
  expect(watch.reload()).toEqual({ ok: true, changed: false, needRestart: [] })
  expect(seen).toEqual({ jitter: [], refused: [] })
})

test('a bad file is refused in one line, and the next good one taken over', async () => {
  const { path, seen, write } = watched()
  write('failover: {jitterMs: soon}')
  await until(() => seen.refused.length > 0)
  expect(seen.refused).toEqual([`${path}: failover.jitterMs is "soon"; allowed: a whole number from 0 to 5000`])
  write('failover: {jitterMs: 2}')
  await until(() => seen.jitter.length > 0)
  expect(seen.jitter).toEqual([2])
})

test('a file that is as it was before the slip is said to be good again, once', async () => {
  const { seen, goodAgain, write } = watched()
  write('failover: {jitterMs: soon}')
  await until(() => seen.refused.length > 0)
  write('failover: {jitterMs: 1}')
  await until(() => goodAgain.times > 0)
  write('failover: {jitterMs: 1} # And so it stays.')
  await Bun.sleep(quietMs)
  expect([goodAgain.times, seen.jitter, seen.refused.length]).toEqual([1, [], 1])
})

test('one slip is said once, whoever reads it first, and another one again', async () => {
  const { seen, watch, write } = watched()
  write('failover: {jitterMs: soon}')
  expect(watch.reload()).toMatchObject({ ok: false })
  await Bun.sleep(quietMs)
  expect(watch.reload()).toMatchObject({ ok: false })
  expect(seen.refused).toHaveLength(1)
  write('failover: {jitterMs: later}')
  await until(() => seen.refused.length > 1)
  expect(seen.refused[1]).toContain('"later"')
})

test('a file that is gone is refused: what runs never falls back to the sandbox', async () => {
  const { path, seen, watch, write } = watched()
  rmSync(path)
  await until(() => seen.refused.length > 0)
  expect(seen.refused).toEqual([`${path}: cannot be read (ENOENT)`])
  expect(watch.reload()).toEqual({ ok: false, reason: `${path}: cannot be read (ENOENT)` })
  write('failover: {jitterMs: 2}')
  await until(() => seen.jitter.length > 0)
})

test('what the rest of the system refuses is refused, and tried again when asked', () => {
  const { path, seen, watch, write } = watched()
  write('failover: {jitterMs: 13}')
  const refused = { ok: false as const, reason: `${path}: Error: no thirteen` }
  expect([watch.reload(), watch.reload()]).toEqual([refused, refused])
  write('failover: {jitterMs: 14}')
  expect(watch.reload()).toEqual({ ok: true, changed: true, needRestart: [] })
  expect(watch.reload()).toEqual({ ok: true, changed: false, needRestart: [] })
  expect(seen.jitter).toEqual([14])
})

test('a secret that was rotated in its own file is taken over when asked', () => {
  const { folder, seen, watch, write } = watched('')
  writeFileSync(join(folder, 'key'), 'hunter2')
  write('tracing: {headers: {authorization: {file: key}}}')
  expect(watch.reload()).toEqual({ ok: true, changed: true, needRestart: ['tracing.headers'] })
  expect(watch.reload()).toEqual({ ok: true, changed: false, needRestart: ['tracing.headers'] })
  writeFileSync(join(folder, 'key'), 'hunter3')
  expect(watch.reload()).toEqual({ ok: true, changed: true, needRestart: ['tracing.headers'] })
  rmSync(join(folder, 'key'))
  expect(watch.reload()).toMatchObject({ ok: false })
  expect(seen.refused.join()).not.toContain('hunter')
})

test('a watch that is closed sees nothing more', async () => {
  const { seen, watch, write } = watched()
  watch.close()
  write('failover: {jitterMs: 2}')
  await Bun.sleep(quietMs)
  expect(seen).toEqual({ jitter: [], refused: [] })
})

test('settings that wait for a restart are named, however often they are asked for, until they are as at the start', () => {
  const told: (readonly string[])[] = []
  const { watch, write } = watched('metrics: {port: 9100}', undefined, (names) => told.push(names))
  write('metrics: {port: 9101, host: 127.0.0.2}\nlog: {requests: false}\nfailover: {jitterMs: 2}')
  const needRestart = ['metrics.port', 'metrics.host', 'log.requests']
  expect(watch.reload()).toEqual({ ok: true, changed: true, needRestart })
  expect(watch.reload()).toEqual({ ok: true, changed: false, needRestart })
  write('metrics: {port: 9100}')
  expect(watch.reload()).toEqual({ ok: true, changed: true, needRestart: [] })
  expect(told).toEqual([needRestart, []])
})

test('a mart.yaml that appears in the working folder after a start without one is taken over, and never given up again', async () => {
  const folder = testFolder('appears')
  const child = watching(folder, {})
  await until(() => child.said().includes('ready'))
  writeFileSync(join(folder, 'mart.yaml'), 'failover: {jitterMs: 7}')
  await until(() => child.said().includes('7'))
  rmSync(join(folder, 'mart.yaml'))
  await until(() => child.said().includes('refused'))
  expect(await child.end()).toBe('ready\n7\nrefused\n')
}, 30_000)

test('a file that MART_CONFIG names is refused at the start when it is not there: a slip must not start a sandbox', () => {
  const path = join(testFolder('absent'), 'mart.yaml')
  expect(() => loadConfig({ MART_CONFIG: path }, pricesSchema)).toThrow(`${path}: cannot be read (ENOENT)`)
})

/** A process of its own, in `folder`, that says what becomes of its file. */
function watching(folder: string, env: Readonly<Record<string, string>>) {
  const program = `
    import { loadConfig, watchConfig } from ${JSON.stringify(resolve(import.meta.dir, '../config.ts'))}
    import { pricesSchema } from ${JSON.stringify(resolve(import.meta.dir, '../money/price-book-data.ts'))}
    const env = ${JSON.stringify(env)}
    const say = (word) => process.stdout.write(word + '\\n')
    watchConfig(loadConfig(env, pricesSchema), env, pricesSchema, {
      onChange: ({ file: { tracing, failover } }) => say(tracing.headers.authorization?.reveal() ?? failover.jitterMs),
      onRefused: () => say('refused'),
      onGoodAgain: () => say('good again'),
    })
    setInterval(() => undefined, 1000)
    say('ready')`
  const child = Bun.spawn([process.execPath, '-e', program], { cwd: folder, stdout: 'pipe', stderr: 'inherit' })
  let said = ''
  const listening = (async () => {
    for await (const chunk of child.stdout) said += new TextDecoder().decode(chunk)
  })()
  const end = async (): Promise<string> => {
    child.kill()
    await listening
    return said
  }
  return { said: () => said, kill: (signal: NodeJS.Signals) => child.kill(signal), end }
}

test('SIGHUP reads the file and the files it names again', async () => {
  const folder = testFolder('hangup')
  const path = join(folder, 'mart.yaml')
  writeFileSync(join(folder, 'key'), 'one')
  writeFileSync(path, 'tracing: {headers: {authorization: {file: key}}}')
  const child = watching(folder, { MART_CONFIG: path })
  await until(() => child.said().includes('ready\n'))
  writeFileSync(join(folder, 'key'), 'two')
  child.kill('SIGHUP')
  await until(() => child.said().includes('two\n'))
  writeFileSync(join(folder, 'key'), '')
  child.kill('SIGHUP')
  await until(() => child.said().includes('refused\n'))
  // The first look at the file, soon after the start, may find it empty as well.
  expect(await child.end()).toMatch(/^ready\ntwo\n(?:refused\n){1,2}$/)
}, 30_000)
