import { expect, test } from 'bun:test'
import { inspect } from 'node:util'
import { describeError } from './describe-error.ts'
import { Secret } from './secret.ts'

const secret = new Secret('hunter2')

test('a secret is shown by nothing but reveal', () => {
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect(secret, { depth: 9, showHidden: true }),
    Bun.inspect({ secret }),
    JSON.stringify(Object.entries(secret)),
    describeError(new Error(`refused: ${String(secret)}`, { cause: secret })),
  ]
  for (const text of shown) expect(text).not.toContain('hunter2')
  expect(secret.reveal()).toBe('hunter2')
})

test('two secrets are equal when they hold the same', () => {
  expect(secret.equals(new Secret('hunter2'))).toBe(true)
  expect(secret.equals(new Secret('hunter3'))).toBe(false)
})
