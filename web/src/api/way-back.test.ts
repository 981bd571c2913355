import { expect, test } from 'bun:test'
import { safeWayBack } from './way-back.ts'

test('a link leads back to a path of this server, and nowhere else', () => {
  for (const to of ['/dashboard/org_a/usage?by=model', '/playground']) expect(safeWayBack(to)).toBe(to)
  for (const to of [
    '//evil.example',
    '/\\evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    '/\t/evil.example',
    '//[',
    'https://evil.example',
    'javascript:alert(1)',
    'dashboard',
    '',
    null,
    ['/x'],
  ])
    expect([to, safeWayBack(to)]).toEqual([to, null])
})
