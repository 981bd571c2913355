/** The sandbox asked by the official Python SDK, without a gateway between them. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { startSandbox } from '../../src/sandbox/serve.ts'
import { plainEnvironment, root, run } from '../support/program.ts'
import { hasPython, noPython, pythonPath } from '../support/python.ts'

const scriptMsMax = 60_000
const script = join(root, 'test', 'sdk', 'sandbox_responses.py')

test.skipIf(!hasPython)(
  `responses, conversations and stored chats of the sandbox are what the SDK’s own models say${hasPython ? '' : ` (${noPython})`}`,
  async () => {
    const sandbox = await startSandbox({ port: 0 })
    const env = { ...plainEnvironment(), PYTHONDONTWRITEBYTECODE: '1' }
    const ran = await run(pythonPath, ['-W', 'error', script, sandbox.url], { env, msMax: scriptMsMax })
    await sandbox.stop()
    expect(ran.stdout + ran.stderr).toBe(
      [
        'every_answer_and_event_is_valid',
        'streams_and_parses',
        'works_in_the_background',
        'converses',
        'counts_compacts_and_stores',
        '',
      ].join('\n'),
    )
  },
  scriptMsMax,
)
