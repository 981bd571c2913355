/** Attackers, and those who suffer from them, as processes: so that nobody's waiting time is that of whoever watches. */
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { plainEnvironment, startProgram, type Program } from '../program.ts'
import type { Server } from '../start-server.ts'
import type { Waited } from './run-probe.ts'
import type { Done } from './target.ts'

const endMsMax = 40_000

/** What `run-attack.ts` is told. */
export type Told = { readonly port: number; readonly key: string; readonly ms: number }

export const attackers = {
  /** Attacks to the end; gives what it came to. */
  async attack(name: string, told: Told): Promise<Done> {
    const attacker = start('run-attack.ts', name, JSON.stringify(told))
    try {
      await said(attacker, /^\{"done".*\}$/m)
      return (lastLine(attacker) as { done: Done }).done
    } finally {
      await attacker.kill('SIGKILL')
    }
  },

  /** Somebody else, who asks from now on until they are stopped. */
  async probe(server: Server, key: string, pauseMs: number): Promise<{ readonly stop: () => Promise<Waited> }> {
    const probe = start('run-probe.ts', new URL(server.baseUrl).port, key, String(pauseMs), String(server.pid()))
    await said(probe, /^ready$/m)
    return {
      async stop() {
        await probe.kill()
        return (lastLine(probe) as { waited: Waited }).waited
      },
    }
  },

  /** A provider that has gone mad. */
  async madUpstream(): Promise<{ readonly url: string; readonly program: Program }> {
    const program = start('run-upstream.ts')
    await said(program, /^\{"url".*\}$/m)
    return { ...(lastLine(program) as { url: string }), program }
  },
}

const start = (name: string, ...args: readonly string[]): Program =>
  startProgram([join('test/support/attack', name), ...args], plainEnvironment())

const said = (program: Program, words: RegExp): Promise<true> =>
  eventually(
    async () => {
      if (words.test(program.output())) return true
      if (program.hasEnded()) throw new Error(`it ended and did not say ${words.source}:\n${program.output()}`)
      return null
    },
    endMsMax,
    () => `it did not say ${words.source}:\n${program.output()}`,
  )

const lastLine = (program: Program): unknown => JSON.parse(program.output().trimEnd().split('\n').at(-1)!)
