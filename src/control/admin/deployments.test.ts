import { expect, test } from 'bun:test'
import type { DeploymentTestJson } from '../contract.ts'
import { startTestServer } from '../test-server.ts'

const answered: DeploymentTestJson = {
  ok: true,
  endpoint: 'chat.completions',
  model: 'gpt-5.4',
  status: 200,
  ms: 12,
  fault: null,
  words: 'It answered.',
}

test('a deployment tells of its last hour: how many calls, what failed and how, and how soon the first byte came', async () => {
  const fleetless = await startTestServer()
  const [before] = (await fleetless.ask('GET', '/deployments')).json['data']
  expect(before.lastHour).toEqual({ calls: 0, failures: 0, faults: {}, firstByteMs: null })
  const { health } = fleetless.fleet.list.find(({ deployment }) => deployment.id === before.id)!
  for (let ms = 100; ms < 200; ms += 1) health.lastHour.answered(ms, fleetless.time.now)
  health.lastHour.failed('rate', fleetless.time.now)
  health.lastHour.failed('timeout', fleetless.time.now)
  const [after] = (await fleetless.ask('GET', '/deployments')).json['data']
  expect(after.lastHour).toMatchObject({ calls: 102, failures: 2, faults: { rate: 1, timeout: 1 } })
  expect(Math.abs(after.lastHour.firstByteMs.p95 - 194)).toBeLessThan(194 * 0.05)
})

test('a deployment is tested at most 6 times a minute, all of them together 30 times, and an unknown one never', async () => {
  const asked: string[] = []
  const server = await startTestServer({
    testDeployment: ({ id }) => {
      asked.push(id)
      return Promise.resolve(answered)
    },
  })
  const [first] = (await server.ask('GET', '/deployments')).json['data']
  const ask = () => server.ask('POST', `/deployments/${first.id}/test`, {})
  for (let many = 0; many < 6; many += 1) expect(await ask()).toMatchObject({ status: 200, json: answered })
  const refused = await ask()
  expect([refused.status, refused.json['error'].code, asked.length]).toEqual([429, 'too_many_tests', 6])
  server.time.now += 10_000
  expect((await ask()).status).toBe(200)
  expect(await server.ask('POST', '/deployments/nobody/test', {})).toMatchObject({
    status: 404,
    json: { error: { code: 'deployment_not_found' } },
  })
  expect(JSON.stringify(server.events)).toContain('"event":"deployment-tested"')
})
