/** `mart deployment` and `mart config reload`. */
import type { DeploymentJson, ListJson, ReloadJson } from '../control/contract.ts'
import type { Command } from './command-line.ts'
import { count, table } from './text.ts'

const list: Command = {
  words: ['deployment', 'list'],
  positionals: [],
  flags: {},
  summary: 'Show every deployment and how it does',
  async run(_line, { server }) {
    const json = await server().ask<ListJson<DeploymentJson>>('GET', '/deployments')
    const cells = json.data.map((each) => [
      each.id,
      each.model ?? 'every model',
      each.region,
      `${each.state}${each.restMs > 0 ? ` for ${Math.ceil(each.restMs / 1000)} s` : ''}`,
      count(each.inFlight),
      each.firstByteMs === null ? '–' : `${each.firstByteMs} ms`,
    ])
    const heading = table(['ID', 'MODEL', 'REGION', 'STATE', 'IN FLIGHT', 'FIRST BYTE'], cells, [
      'IN FLIGHT',
      'FIRST BYTE',
    ])
    const reasons = json.data.flatMap(({ id, lastFault }) => (lastFault ? [`${id}: ${lastFault.words}`] : []))
    return { json, text: [heading, ...(reasons.length > 0 ? ['', ...reasons] : [])].join('\n'), ok: true }
  },
}

const steer = (word: 'drain' | 'resume', summary: string, done: string): Command => ({
  words: ['deployment', word],
  positionals: ['ID'],
  flags: {},
  summary,
  async run({ positionals: [id] }, { server }) {
    const json = await server().ask<DeploymentJson>('POST', `/deployments/${encodeURIComponent(id!)}/${word}`, {})
    return { json, text: `${json.id} ${done}; ${json.inFlight} in flight.`, ok: true }
  },
})

const reload: Command = {
  words: ['config', 'reload'],
  positionals: [],
  flags: {},
  summary: 'Have the server read its configuration file again',
  async run(_line, { server }) {
    const json = await server().ask<ReloadJson>('POST', '/config/reload', {})
    return { json, text: json.ok ? reloadText(json) : json.reason, ok: json.ok }
  },
}

function reloadText({ changed, needRestart }: Extract<ReloadJson, { ok: true }>): string {
  const done = changed ? 'The new configuration serves.' : 'Nothing has changed.'
  if (needRestart.length === 0) return done
  return `${done} Not yet in effect: ${needRestart.join(', ')}; start the server again for that.`
}

export const deploymentCommands: readonly Command[] = [
  list,
  steer('drain', 'Send nothing more to a deployment, until it is resumed or the server is started again', 'is drained'),
  steer('resume', 'Use a deployment again', 'is used again'),
  reload,
]
