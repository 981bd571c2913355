import { describe, expect, test } from 'bun:test'
import { createLineWriter } from './line-writer.ts'

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** A stderr that nobody reads, until `read` is called. */
function blocked() {
  const writes: string[] = []
  let waiting: (() => void) | null = null
  return {
    writes,
    write: (bytes: Uint8Array, written: () => void) => {
      writes.push(textOf(bytes))
      waiting = written
    },
    read: () => {
      const written = waiting
      waiting = null
      written?.()
    },
  }
}

describe('writing', () => {
  test('gathers lines, one write at a time', async () => {
    const { writes, write, read } = blocked()
    const lines = createLineWriter(write, String)
    for (const line of ['a', 'b']) lines.add(line)
    expect(writes).toEqual([])
    await Bun.sleep(80)
    expect(writes).toEqual(['a\nb\n'])
    lines.add('c')
    await Bun.sleep(80)
    expect(writes.length).toBe(1)
    read()
    await Bun.sleep(80)
    expect(writes).toEqual(['a\nb\n', 'c\n'])
  })

  test('to somebody who does not read drops lines, and tells how many', async () => {
    const { writes, write, read } = blocked()
    const lines = createLineWriter(write, (count) => `dropped ${count}`)
    lines.add('first')
    await Bun.sleep(80)
    const megabyte = 'x'.repeat(1024 * 1024 - 1)
    for (let count = 0; count < 20; count += 1) lines.add(megabyte)
    read()
    await Bun.sleep(80)
    expect(writes.length).toBe(2)
    expect(writes[1]!.length).toBeLessThan(9 * 1024 * 1024)
    expect(writes[1]).toEndWith('\ndropped 12\n')
    read()
    lines.add('again')
    await Bun.sleep(80)
    expect(writes[2]).toBe('again\n')
  })

  test('leaves alone what is on its way', async () => {
    const written: Uint8Array[] = []
    const lines = createLineWriter((bytes) => void written.push(bytes), String)
    lines.add('on its way')
    await Bun.sleep(80)
    for (let count = 0; count < 10_000; count += 1) lines.add(`behind it ${'x'.repeat(100)}`)
    expect(written.map(textOf)).toEqual(['on its way\n'])
  })

  test('is finished by flush, which does not wait for ever', async () => {
    const { writes, write, read } = blocked()
    const lines = createLineWriter(write, String)
    lines.add('a')
    const before = performance.now()
    await lines.flush(30)
    expect(performance.now() - before).toBeGreaterThan(25)
    lines.add('b')
    let isFlushed = false
    const flushed = lines.flush(5_000).then(() => (isFlushed = true))
    await Bun.sleep(5)
    read()
    await Bun.sleep(5)
    expect([writes, isFlushed]).toEqual([['a\n', 'b\n'], false])
    read()
    await flushed
    expect(isFlushed).toBe(true)
  })

  test('of a line that is not one of many begins at once', () => {
    const { writes, write, read } = blocked()
    const lines = createLineWriter(write, String)
    lines.addNow('a')
    expect(writes).toEqual(['a\n'])
    lines.addNow('b')
    lines.addNow('c')
    expect(writes).toEqual(['a\n'])
    read()
    lines.addNow('d')
    expect(writes).toEqual(['a\n', 'b\nc\nd\n'])
  })
})
