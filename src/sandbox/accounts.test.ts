/** What an account of a pose remembers. */
import { expect, test } from 'bun:test'
import { Control, createAccounts, direct, mintToken, standingOf, takeCall } from './accounts.ts'

test('a minute begins with its first call, and ends', () => {
  const account = createAccounts().of('openai', 'a')
  direct(account, { rpm: 2 })
  expect([takeCall(account, 100_000), takeCall(account, 130_000), takeCall(account, 140_000)]).toEqual([
    true,
    true,
    false,
  ])
  expect(standingOf(account, 140_000)).toEqual({ limit: 2, left: 0, resetSeconds: 20 })
  expect(standingOf(account, 160_000)).toEqual({ limit: 2, left: 2, resetSeconds: 0 })
  expect(takeCall(account, 160_000)).toBe(true)
  expect(standingOf(account, 160_000)).toEqual({ limit: 2, left: 1, resetSeconds: 60 })
})

test('the same name is another account at another pose, and the first one named is forgotten for one too many', () => {
  const accounts = createAccounts(2)
  const first = accounts.of('openai', 'a')
  expect(accounts.of('azure', 'a')).not.toBe(first)
  expect(accounts.of('openai', 'a')).toBe(first)
  accounts.of('vertex', 'a')
  expect(accounts.list().map(({ pose }) => pose)).toEqual(['azure', 'vertex'])
})

test('tokens that have ended are forgotten', () => {
  const account = createAccounts().of('vertex', 'a')
  direct(account, { tokenExpiresIn: 1 })
  mintToken(account, 0)
  const { token, expiresIn } = mintToken(account, 1_000)
  expect(expiresIn).toBe(1)
  expect([...account.tokens]).toEqual([[token, 2_000]])
})

test('the README explains every field of the control', async () => {
  const readme = await Bun.file(new URL('README.md', import.meta.url)).text()
  expect(Object.keys(Control.shape).filter((field) => !readme.includes(`\`${field}`))).toEqual([])
})
