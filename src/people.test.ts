import { expect, test } from 'bun:test'
import { startSmtp } from './control/people/test-smtp.ts'
import { testFolder } from './lib/test-folder.ts'
import { lowCreditMail } from './people.ts'
import { openPeopleStore, peoplePath } from './store/people/people-store.ts'
import { eventually } from '../test/support/eventually.ts'

const change = { actor: { kind: 'server', id: null, name: 'test' }, at: 1 } as const
const clock = { now: () => 1_000, monotonic: () => 1_000 }
const log = { info: () => undefined, error: () => undefined }

test('that credit is low is written to those who keep the books of its organization, each by itself, and to nobody else', async () => {
  const dataDir = testFolder('people')
  const people = openPeopleStore(peoplePath(dataDir), 1)
  const places = [
    ['owner', 'org_a'],
    ['admin', 'org_a'],
    ['billing', 'org_a'],
    ['developer', 'org_a'],
    ['viewer', 'org_a'],
    ['owner', 'org_b'],
  ] as const
  for (const [role, organizationId] of places) {
    const email = `${role}@${organizationId}.example.com`
    const personId = people.addPerson({ name: role, email, isVerified: true, passwordHash: 'hash' }, 1)
    people.putMember({ organizationId, personId }, role, change)
  }
  people.close()
  const { heard, port, stop } = await startSmtp()
  const smtp = { host: '127.0.0.1', port, security: 'none', user: null, password: null, from: 'Mart <m@example.com>' }
  const config = {
    dataDir,
    publicUrl: 'https://gateway.test',
    people: { signUp: 'closed', grant: {}, oidc: null, smtp },
  }
  const tell = lowCreditMail(config as never, clock, log)
  tell({
    organizationId: 'org_a',
    mode: 'live',
    thresholdNano: 5_000_000_000n,
    creditNano: 4_999_999_999n,
    isBelow: true,
  })
  const written = () => heard.filter((text) => text.startsWith('RCPT')).map((text) => /<(.*)>/.exec(text)![1]!)
  const letters = () => heard.filter((text) => text.endsWith('\r\n.\r\n')).length
  await eventually(
    () => Promise.resolve(letters() < 3 ? null : true),
    10_000,
    () => `${letters()} letters were taken`,
  )
  expect(written().toSorted()).toEqual([
    'admin@org_a.example.com',
    'billing@org_a.example.com',
    'owner@org_a.example.com',
  ])
  expect(heard.join('')).toContain('$4.999999999 of live credit left')
  stop()
  const silent = lowCreditMail({ ...config, people: { ...config.people, smtp: null } } as never, clock, log)
  expect(() =>
    silent({ organizationId: 'org_a', mode: 'live', thresholdNano: 1n, creditNano: 0n, isBelow: true }),
  ).not.toThrow()
})
