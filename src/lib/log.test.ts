import { describe, expect, test } from 'bun:test'
import { lineOfStyle, logStyle } from './log.ts'
import { timeOfDay } from './log-text.ts'

const at = Date.UTC(2026, 2, 5, 12)
const terminal = { isTTY: true as const, hasColors: () => true }

test("is for people on a terminal, and JSON elsewhere or when asked; colours are the terminal's to allow", () => {
  expect(logStyle('auto', terminal)).toBe('coloured')
  expect(logStyle('auto', { isTTY: true, hasColors: () => false })).toBe('text')
  expect(logStyle('auto', {})).toBe('json')
  expect(logStyle('json', terminal)).toBe('json')
  expect(logStyle('text', terminal)).toBe('coloured')
  expect(logStyle('text', {})).toBe('text')
})

describe('an event', () => {
  const event = {
    event: 'ship-failed',
    count: 3,
    big: 12n,
    path: '/data/x',
    reason: 'no "room"\u001B[2J',
    error: new Error('outer', { cause: new Error('inner') }),
    list: ['a', 'b'],
    nothing: null,
  }

  test('is one JSON object', () => {
    expect(JSON.parse(lineOfStyle('json')(at, 'error', event))).toEqual({
      ...event,
      at: '2026-03-05T12:00:00.000Z',
      level: 'error',
      big: '12',
      error: 'Error: outer (because Error: inner)',
    })
  })

  test('is one line of words for people, with nothing that a terminal would act on', () => {
    const line = lineOfStyle('text')(at, 'error', event)
    expect(line).toBe(
      `${timeOfDay(at)} error ship-failed count=3 big=12 path=/data/x reason="no \\"room\\"\\u001b[2J" error="Error: outer (because Error: inner)" list=["a","b"] nothing=null`,
    )
    expect(lineOfStyle('text')(at, 'info', { event: 'recovered' })).toBe(`${timeOfDay(at)} recovered`)
    expect(lineOfStyle('text')(at, 'info', { event: 'x', text: 'a\u009B2Jb' })).toBe(`${timeOfDay(at)} x text="a�2Jb"`)
  })

  test('is coloured without a word more', () => {
    const coloured = lineOfStyle('coloured')(at, 'error', event)
    expect(coloured).toContain('\u001B[31merror ship-failed\u001B[0m')
    expect(Bun.stripANSI(coloured)).toBe(lineOfStyle('text')(at, 'error', event))
  })
})
