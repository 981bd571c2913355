import { expect, test } from 'bun:test'
import { browserOf } from './browser-of.ts'

test('a session is known by its browser and system', () => {
  const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
  expect(browserOf(chrome)).toBe('Chrome on Linux')
  expect(browserOf(`${chrome} Edg/140.0`)).toBe('Edge on Linux')
  const iphone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1'
  expect(browserOf(iphone)).toBe('Safari on iOS')
  expect(browserOf('Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe('Firefox on Windows')
  expect(browserOf('curl/8.0')).toBe('Another program')
  expect(browserOf(null)).toBe('Another program')
})
