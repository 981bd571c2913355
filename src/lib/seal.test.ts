import { expect, test } from 'bun:test'
import { createSeal } from './seal.ts'

test('what is sealed is read again by the same secret for the same purpose, and by nothing else', () => {
  const { seal, open } = createSeal('a secret of this installation', 'webhooks')
  const sealed = seal('whsec_äöü')
  expect(open(sealed)).toBe('whsec_äöü')
  expect(sealed).not.toContain('whsec')
  expect(seal('whsec_äöü')).not.toBe(sealed)
  for (const other of [createSeal('another secret', 'webhooks'), createSeal('a secret of this installation', 'mail')])
    expect(() => other.open(sealed)).toThrow()
  const bytes = Buffer.from(sealed, 'base64')
  bytes[bytes.length - 1]! ^= 1
  expect(() => open(bytes.toString('base64'))).toThrow()
})
