import { expect, test } from 'bun:test'
import { people } from './people.ts'

const references = { env: (name: string) => (name === 'ABSENT' ? null : `value of ${name}`), file: () => null }
const read = (data: unknown) => people(references).safeParse(data)
const refusalOf = (data: unknown): string => {
  const [issue] = read(data).error!.issues
  return `${issue!.path.join('.')}: ${issue!.message}`
}
const smtp = { host: 'mail.example', from: 'Mart <mart@example.com>' }
const oidc = { issuer: 'https://id.example/', clientId: 'mart', clientSecret: '${SECRET}' }

test('nobody signs up or is asked for a second factor unless it is said, and there is no provider and no mail', () => {
  expect(read({}).data).toEqual({
    signUp: 'closed',
    grant: { testUsd: 100, liveUsd: 0 },
    secondFactor: 'optional',
    oidc: null,
    smtp: null,
  })
  expect(read({ secondFactor: 'operators' }).data).toMatchObject({ secondFactor: 'operators' })
  expect(refusalOf({ secondFactor: true })).toBe('secondFactor: optional, operators or everybody')
})

test('anybody may sign up only where something vouches for their address', () => {
  expect(refusalOf({ signUp: 'open' })).toBe(
    'signUp: closed, unless there is `smtp` or `oidc`, because nobody else can tell whose an address is',
  )
  expect(read({ signUp: 'open', smtp }).data).toMatchObject({ smtp: { ...smtp, port: 587, security: 'starttls' } })
  expect(read({ signUp: 'open', oidc }).data).toMatchObject({ oidc: { issuer: 'https://id.example' } })
})

test('secrets are references, and what is half said is refused', () => {
  expect(read({ oidc }).data!.oidc!.clientSecret.reveal()).toBe('value of SECRET')
  expect(refusalOf({ oidc: { ...oidc, clientSecret: 'hunter2' } })).not.toContain('hunter2')
  expect(refusalOf({ smtp: { ...smtp, user: 'mart' } })).toBe('smtp.password: given together with `user`, or neither')
  expect(refusalOf({ smtp: { ...smtp, from: 'nobody' } })).toStartWith('smtp.from: an e-mail address')
  expect(refusalOf({ smtp: { ...smtp, from: 'a@b.example\r\nBcc: c@d.example' } })).toStartWith(
    'smtp.from: an e-mail address',
  )
  expect(refusalOf({ grant: { testUsd: 0.5 } })).toBe('grant.testUsd: a whole number from 0 to 1000000')
})
