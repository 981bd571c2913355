import { expect, test } from 'bun:test'
import { isAboutSecret, secretField, textField, type References } from './references.ts'

const references: References = {
  env: (name) => ({ KEY: 'hunter2', HOST: 'eu.example', EMPTY: '' })[name] ?? null,
  file: (path) => (path === 'key.txt' ? ' hunter3\n' : path === 'empty' ? ' \n' : null),
}
const secret = secretField(references)
const text = textField(references)

test('a secret is read from the environment or from a file, without the blanks around it', () => {
  expect(secret.parse('${KEY}').reveal()).toBe('hunter2')
  expect(secret.parse({ file: 'key.txt' }).reveal()).toBe('hunter3')
})

test('a reference that leads nowhere is refused by its name', () => {
  const issueOf = (given: unknown) => secret.safeParse(given).error!.issues[0]!
  expect(issueOf('${NONE}').message).toBe('${NONE} to be set in the environment')
  expect(issueOf('${EMPTY}').message).toBe('${EMPTY} to be set in the environment')
  for (const file of ['none', 'empty'])
    expect(issueOf({ file }).message).toBe('a file that can be read and is not empty, at a path relative to this file')
  expect(isAboutSecret(issueOf('${NONE}'))).toBe(false)
})

test('whatever is no reference may be the secret: the refusal is marked and quotes nothing', () => {
  const values = [
    'sk-live',
    'Bearer ${KEY}',
    '',
    123_456,
    null,
    ['sk-live'],
    { file: '' },
    { file: 1 },
    { file: 'x', value: 'sk-live' },
    { env: 'sk-live' },
  ]
  for (const given of values) {
    const { issues } = secret.safeParse(given).error!
    expect(issues.map(isAboutSecret), JSON.stringify(given)).toEqual([true])
    expect(JSON.stringify(issues)).not.toMatch(/sk-live|123456/)
  }
})

test('text may contain variables, each of which must be set', () => {
  expect(text.parse('https://${HOST}/v1')).toBe('https://eu.example/v1')
  expect(text.parse('no $HOST, no ${}, no {HOST}')).toBe('no $HOST, no ${}, no {HOST}')
  expect(text.safeParse('${HOST}${NONE}').error!.issues[0]!.message).toBe('${NONE} to be set in the environment')
  expect(text.safeParse(1).error!.issues[0]!.message).toBe('text')
})
