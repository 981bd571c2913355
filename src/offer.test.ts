import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkConfigFile, type MartFile } from './config.ts'
import { systemClock } from './lib/clock.ts'
import { pricesSchema } from './money/price-book-data.ts'
import { createOffer, installationOf, namesBuiltIn, type Offer } from './offer.ts'
import { testFolder } from './lib/test-folder.ts'

const path = join(testFolder('offer'), 'mart.yaml')
function fileOf(text: string): MartFile {
  writeFileSync(path, text)
  return checkConfigFile(path, {}, pricesSchema).file
}
const offerOf = (text: string): Offer =>
  createOffer(fileOf(text), { clock: systemClock, builtIn: () => 'http://127.0.0.1:1' })
const idsOf = ({ fleet }: Offer): string[] => fleet.list.map(({ deployment }) => deployment.id)
const real = 'real: {kind: openai-compatible, baseUrl: http://127.0.0.1:1/v1}'

test('test keys have a sandbox in every region of the policies, also where only real providers are configured', () => {
  const offer = offerOf(`providers: {${real}}
deployments: [{provider: real, model: gpt-5.4, region: us}]
regions: {us: {serves: [us, global]}, eu: {serves: [eu]}}
`)
  expect(idsOf(offer)).toEqual(['real-gpt-5-4', 'sandbox-us', 'sandbox-global', 'sandbox-eu'])
  for (const policy of ['us', 'eu'])
    for (const [dialect, name] of [
      ['openai', 'chat.completions'],
      ['genai', 'generateContent'],
    ] as const)
      expect(offer.fleet.serving({ model: { id: 'any', dialect }, operation: { name } }, policy, 'test')).not.toBeNull()
  expect(offer.simulated).toBe(false)
})

test('a sandbox of the file’s own is the only one while it is enabled, and the built-in one does not take a name that is taken', () => {
  const own = (enabled: boolean): string => `providers: {${real}, play: {kind: sandbox}}
deployments:
  - {provider: real, model: gpt-5.4, region: us, name: sandbox-us}
  - {provider: play, model: gpt-5.4, region: us, enabled: ${enabled}}
`
  expect(idsOf(offerOf(own(true)))).toEqual(['sandbox-us', 'play-gpt-5-4'])
  expect(idsOf(offerOf(own(false)))).toEqual(['sandbox-us', 'sandbox-us-test', 'sandbox-eu'])
})

test('what is meant is live while a real provider is configured, also one that is not enabled', () => {
  expect(offerOf('').simulated).toBe(true)
  const off = `providers: {${real}, play: {kind: sandbox}}
deployments:
  - {provider: real, model: gpt-5.4, region: us, enabled: false}
  - {provider: play, model: '*', region: us}
`
  expect(offerOf(off).simulated).toBe(false)
})

test('the built-in sandbox starts with the server only where it is sure to be asked', () => {
  const only = (provider: string): string =>
    `providers: {p: ${provider}}\ndeployments: [{provider: p, model: gpt-5.4, region: us}]\n`
  expect(namesBuiltIn(fileOf(''))).toBe(true)
  expect(namesBuiltIn(fileOf(only('{kind: sandbox}')))).toBe(true)
  expect(namesBuiltIn(fileOf(only('{kind: sandbox, url: http://127.0.0.1:2}')))).toBe(false)
  expect(namesBuiltIn(fileOf(only('{kind: openai-compatible, baseUrl: http://127.0.0.1:1/v1}')))).toBe(false)
})

test('an installation’s simulated deployments are the file’s and those that there are without one, never one that is real', () => {
  expect(installationOf(fileOf(''))).toEqual({
    simulatedDeployments: ['sandbox-us', 'sandbox-eu'],
    realProviders: [],
  })
  const file = fileOf(`providers: {${real}, play: {kind: sandbox}}
deployments:
  - {provider: real, model: gpt-5.4, region: us, name: sandbox-us}
  - {provider: play, model: '*', region: eu}
`)
  expect(installationOf(file)).toEqual({ simulatedDeployments: ['play-eu', 'sandbox-eu'], realProviders: ['real'] })
})
