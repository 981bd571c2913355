/**
 * What the official Python SDKs can do, by pytest in test/sdk/python. Each of its cases is a test here,
 * under its own name; afterwards everything they did is audited to the nano-USD.
 */
import { describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { audit, type Audit } from '../support/audit.ts'
import { balanceNano, openAccount } from '../support/mart.ts'
import { plainEnvironment, root, run } from '../support/program.ts'
import { hasPython, noPython, pythonPath } from '../support/python.ts'
import { startRecorder } from '../support/recorder.ts'
import { startServer } from '../support/start-server.ts'

const pytestMsMax = 300_000
const folder = join(root, 'test', 'sdk', 'python')

/** One line of the report that conftest.py writes. */
type Case = { readonly name: string; readonly outcome: 'passed' | 'failed' | 'skipped'; readonly detail: string }
type Outcome = {
  readonly cases: readonly Case[]
  readonly code: number | null
  readonly output: string
  readonly audited: Audit
}

if (hasPython) {
  const outcome = await runPytest().catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  )
  if (outcome instanceof Error) {
    test('python: the server and pytest start', () => {
      throw outcome
    })
  } else report(outcome)
} else {
  describe(`python (${noPython})`, () => {
    for (const name of caseNames()) test.skip(name, () => {})
  })
}

async function runPytest(): Promise<Outcome> {
  const server = await startServer()
  const reportFolder = mkdtempSync(join(tmpdir(), 'mart-pytest-'))
  const recorder = startRecorder(server.baseUrl)
  try {
    const account = await openAccount(server, '100.00')
    const empty = await openAccount(server, null)
    const small = await openAccount(server, '0.01')
    const beforeNano = await balanceNano(server, account.organizationId)
    const env = {
      ...plainEnvironment(),
      PYTHONDONTWRITEBYTECODE: '1',
      AICREDITMART_BASE_URL: recorder.url,
      AICREDITMART_API_KEY: account.key,
      AICREDITMART_EMPTY_API_KEY: empty.key,
      AICREDITMART_SMALL_API_KEY: small.key,
      // Beside the recorder, whose requests are audited as the other account's.
      AICREDITMART_SMALL_BASE_URL: server.baseUrl,
      PYTEST_CASES: join(reportFolder, 'cases.jsonl'),
    }
    const args = ['-m', 'pytest', '-p', 'no:cacheprovider', '--tb=short', '-q', folder]
    const ran = await run(pythonPath, args, { env, msMax: pytestMsMax })
    return {
      cases: readCases(env.PYTEST_CASES),
      code: ran.code,
      output: ran.stdout + ran.stderr,
      audited: await audit(server, account, recorder, beforeNano),
    }
  } finally {
    await recorder.stop()
    await server.stop()
    rmSync(reportFolder, { recursive: true, force: true })
  }
}

function report({ cases, code, output, audited }: Outcome): void {
  describe('python', () => {
    for (const { name, outcome, detail } of cases) {
      const testOf = outcome === 'skipped' ? test.skip : test
      testOf(outcome === 'skipped' ? `${name} (${detail})` : name, () => {
        if (outcome === 'failed') throw new Error(detail)
      })
    }
    test('pytest ran to its end', () => {
      const anyFailed = cases.some(({ outcome }) => outcome === 'failed')
      expect({ code, ran: cases.length > 0, output: code === (anyFailed ? 1 : 0) ? '' : output }).toEqual({
        code: anyFailed ? 1 : 0,
        ran: true,
        output: '',
      })
    })
    test('every request of the Python SDKs has a true receipt, and the balance fell by their sum', () => {
      expect(audited.faults).toEqual([])
      expect(audited.chargedNano).toBeGreaterThan(0n)
    })
  })
}

function readCases(path: string): Case[] {
  try {
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    return lines.map((line) => JSON.parse(line) as Case)
  } catch {
    return []
  }
}

/** The cases by name, for a machine that cannot run them. */
function caseNames(): string[] {
  const files = readdirSync(folder).filter((name) => /^test_.*\.py$/.test(name))
  return files.flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/^(?:async )?def (test_\w+)/gm)].map(
      ([, name]) => `${file}::${name}`,
    ),
  )
}
