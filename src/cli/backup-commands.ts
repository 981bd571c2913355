/** `mart backup` and `mart restore`: on the machine of the data folder, without the server. */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { loadClientConfig, type Environment } from '../config.ts'
import { partsOf } from '../lib/blocks.ts'
import { segmentsSince } from '../money/journal-recovery.ts'
import { copyPeople } from '../store/people/people-copy.ts'
import { BackupError, restoreBackup, writeBackup, type Backup, type KeptFile } from '../store/sqlite/backup.ts'
import type { Command } from './command-line.ts'
import { ServerError } from './errors.ts'
import { count, minute } from './text.ts'

const backup: Command = {
  words: ['backup'],
  positionals: ['FILE'],
  flags: {},
  summary: 'Write the database, its journal and the people to one file, while the server runs or not',
  example: 'backup /backups/mart-2026-03-05.db',
  async run({ positionals: [file] }, { env }) {
    const dataDir = dataDirOf(env)
    const filesBehind = (lastSeq: number): Iterable<KeptFile> => filesOf(dataDir, lastSeq, `${file}.people.partial`)
    const written = told(() => writeBackup({ dataDir, to: file!, now: Date.now(), filesBehind }))
    const wrong = written.checks.filter(({ ok }) => !ok)
    const warning = wrong.map(({ name, detail }) => `\n✗ ${name}: ${detail}`).join('')
    return {
      json: { ...jsonOf(written.backup), ok: wrong.length === 0, checks: written.checks },
      text: `${said('Wrote', written.backup)}${warning && `\nIt is whole, but its ledger does not add up:${warning}`}`,
      ok: wrong.length === 0,
    }
  },
}

const restore: Command = {
  words: ['restore'],
  positionals: ['FILE'],
  flags: {},
  summary: 'Make the data folder of a backup, where there is none yet (DATA_DIR)',
  example: 'restore /backups/mart-2026-03-05.db',
  async run({ positionals: [file] }, { env }) {
    const dataDir = dataDirOf(env)
    const read = told(() => restoreBackup(file!, dataDir))
    return {
      json: { ...jsonOf(read), dataDir },
      text: `${said(`Made ${dataDir} of`, read)}\nStart the server on it; never two servers of one backup.`,
      ok: true,
    }
  },
}

export const backupCommands: readonly Command[] = [backup, restore]

/** What belongs to a store that has come so far: its journal from there on, and the people. */
function* filesOf(dataDir: string, lastSeq: number, through: string): Generator<KeptFile, void> {
  yield* journalSince(join(dataDir, 'journal'), lastSeq)
  yield* copyPeople(dataDir, through)
}

/** The journal from the segment on that the store has not overtaken, each up to its last whole block. */
function* journalSince(folder: string, lastSeq: number): Generator<KeptFile, void> {
  for (const path of segmentsSince(folder, lastSeq)) {
    const bytes = readFileSync(path)
    let end = bytes.length
    for (const part of partsOf(bytes)) if ('isTail' in part && part.isTail) end = part.start
    yield { name: `journal/${basename(path)}`, bytes: bytes.subarray(0, end) }
  }
}

function dataDirOf(env: Environment): string {
  const { dataDir, server } = loadClientConfig(env)
  if (server !== null)
    throw new ServerError(
      'backups are made and restored on the machine of the data folder: unset MART_URL and MART_OPERATOR_TOKEN, and set DATA_DIR',
    )
  return dataDir
}

function told<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    // What the file system says names the file as well.
    const isForPeople = error instanceof BackupError || (error as NodeJS.ErrnoException).code !== undefined
    throw isForPeople ? new ServerError((error as Error).message, { cause: error }) : error
  }
}

const jsonOf = ({ madeAt, ...backup }: Backup) => ({ ...backup, madeAt: new Date(madeAt).toISOString() })
const said = (verb: string, { path, bytes, madeAt, lastSeq, files }: Backup): string =>
  `${verb} ${path} (${count(bytes)} bytes, of ${minute(new Date(madeAt).toISOString())}): the database up to record ${count(lastSeq)}, and ${files} file${files === 1 ? '' : 's'} more: its journal, and the people.`
