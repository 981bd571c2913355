import { afterEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../test/support/eventually.ts'
import type { KeyUse } from '../store/store.ts'
import { openKeptAnswers, type AnswerLimits, type KeptAnswers } from './kept-answers.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})
const newFolder = (): string => {
  folders.push(mkdtempSync(join(tmpdir(), 'mart-answers-')))
  return join(folders.at(-1)!, 'answers')
}

const dayMs = 86_400_000
const kiB = 1024
const plenty: AnswerLimits = {
  answers: 'kept',
  answerBytesMax: 1_000 * kiB,
  organizationBytesMax: 10_000 * kiB,
  bytesMax: 20_000 * kiB,
}
function open(limits: Partial<AnswerLimits> = {}, folder = newFolder()) {
  const world = { now: 1_000, limits: { ...plenty, ...limits }, troubles: [] as boolean[] }
  const kept = openKeptAnswers(folder, {
    limits: () => world.limits,
    clock: { now: () => world.now },
    onTrouble: (error) => world.troubles.push(error !== null),
  })
  return { world, folder, kept }
}
const useOf = (requestId: string, organizationId = 'acme', usedAt = 1_000): KeyUse => ({
  requestId,
  organizationId,
  mode: 'live',
  keyHash: `key of ${requestId}`,
  fingerprint: 'f',
  chargeNano: '5',
  usedAt,
})
async function keep(kept: KeptAnswers, requestId: string, body: string | Uint8Array, organizationId = 'acme') {
  const keeping = kept.begin({ requestId, organizationId }, { of: requestId })
  await keeping?.add(Buffer.from(body))
  await keeping?.end(true)
}
async function found(kept: KeptAnswers, requestId: string) {
  const file = await kept.find(requestId)
  if (!file) return null
  const body = Buffer.from(await file.read(0, file.bodyBytes)).toString()
  await file.close()
  return { head: file.head, isWhole: file.isWhole, body }
}
const bytesOf = async (kept: KeptAnswers, ids: readonly string[]) =>
  Promise.all(ids.map(async (id) => (await found(kept, id))?.body.length ?? null))
/** Removing goes on behind. */
const filesIn = (folder: string, wanted: readonly string[]) =>
  eventually(
    () => Promise.resolve(Bun.deepEquals(readdirSync(folder).toSorted(), [...wanted].toSorted()) || null),
    5_000,
    () => `there are ${readdirSync(folder).join(', ')}`,
  )

test('an answer is found as it was given, and over a restart; nobody else can read its file, and nothing but its request names it', async () => {
  const { kept, folder } = open()
  await keep(kept, 'req_1', 'the answer')
  const whole = { head: { of: 'req_1' }, isWhole: true, body: 'the answer' }
  expect(await found(kept, 'req_1')).toEqual(whole)
  expect(readdirSync(folder)).toEqual(['req_1'])
  expect([statSync(folder).mode & 0o777, statSync(join(folder, 'req_1')).mode & 0o777]).toEqual([0o700, 0o600])
  const again = open({}, folder)
  expect(await found(again.kept, 'req_1')).toBeNull()
  expect(await again.kept.load([useOf('req_1')])).toEqual([])
  expect(await found(again.kept, 'req_1')).toEqual(whole)
  expect(again.kept.heldBytes()).toBe(4_096)
})

test('what a dead process left of a request that used up no key is removed by the next; what it left of one that did is there, and not for whole', async () => {
  const { kept, folder } = open()
  const half = kept.begin({ requestId: 'charged', organizationId: 'acme' }, {})!
  await half.add(Buffer.from('a beginning'))
  await half.flush()
  await keep(kept, 'not charged', 'an answer')
  const next = open({}, folder)
  await next.kept.load([useOf('charged'), useOf('without an answer')])
  expect(await found(next.kept, 'charged')).toEqual({ head: {}, isWhole: false, body: 'a beginning' })
  expect(await found(next.kept, 'without an answer')).toBeNull()
  await filesIn(folder, ['charged'])
})

test('a use that no settlement tells of is told by its answer, once that is whole, and for a day', async () => {
  const { kept, folder } = open()
  const use = useOf('free')
  for (const [requestId, isWhole] of [
    ['free', true],
    ['half', false],
  ] as const) {
    const keeping = kept.begin(useOf(requestId), { of: requestId }, useOf(requestId))!
    await keeping.add(Buffer.from('{}'))
    await keeping.end(isWhole)
  }
  await keep(kept, 'settled', '{}')
  const next = open({}, folder)
  expect(await next.kept.load([useOf('settled')])).toEqual([use])
  expect(await found(next.kept, 'free')).toEqual({ head: { of: 'free' }, isWhole: true, body: '{}' })
  await filesIn(folder, ['free', 'settled'])
  const later = open({}, folder)
  later.world.now += dayMs + 1
  expect(await later.kept.load([])).toEqual([])
  await filesIn(folder, [])
})

test('a day later it is forgotten, and not before', async () => {
  const { kept, world, folder } = open()
  await keep(kept, 'req_1', 'x')
  world.now += dayMs
  kept.forgetOld()
  expect(await found(kept, 'req_1')).not.toBeNull()
  world.now += 1
  kept.forgetOld()
  expect(await found(kept, 'req_1')).toBeNull()
  await filesIn(folder, [])
})

describe('limits', () => {
  test('an answer over its limit is not kept, and takes nothing of others', async () => {
    const { kept, folder } = open({ answerBytesMax: 20 * kiB })
    await keep(kept, 'small', 'x'.repeat(19 * kiB))
    const large = kept.begin({ requestId: 'large', organizationId: 'acme' }, {})!
    for (let many = 0; many < 40; many += 1) await large.add(new Uint8Array(kiB))
    await large.end(true)
    expect(await bytesOf(kept, ['small', 'large'])).toEqual([19 * kiB, null])
    await filesIn(folder, ['small'])
    expect(kept.heldBytes()).toBe(20 * kiB)
  })

  test('beyond what an organization may have its own oldest go, and nobody else’s', async () => {
    const { kept, folder } = open({ organizationBytesMax: 40 * kiB })
    await keep(kept, 'theirs', 'x'.repeat(30 * kiB), 'other')
    for (const id of ['a', 'b', 'c', 'd']) await keep(kept, id, 'x'.repeat(11 * kiB))
    expect(await bytesOf(kept, ['theirs', 'a', 'b', 'c', 'd'])).toEqual([30 * kiB, null, 11 * kiB, 11 * kiB, 11 * kiB])
    await filesIn(folder, ['theirs', 'b', 'c', 'd'])
  })

  test('beyond what all may have the oldest of whoever has the most go: a flood costs its sender', async () => {
    const { kept } = open({ organizationBytesMax: 200 * kiB, bytesMax: 200 * kiB })
    await keep(kept, 'small', 'x'.repeat(11 * kiB), 'small')
    for (let nth = 0; nth < 100; nth += 1) await keep(kept, `flood-${nth}`, 'x'.repeat(11 * kiB), 'flood')
    expect(await bytesOf(kept, ['small', 'flood-0', 'flood-99'])).toEqual([11 * kiB, null, 11 * kiB])
    expect(kept.heldBytes()).toBeLessThanOrEqual(200 * kiB)
  })

  test('tiny ones count as what they take of a disk, so that their number is bounded as well', async () => {
    const { kept, folder } = open({ organizationBytesMax: 40 * kiB })
    for (let nth = 0; nth < 30; nth += 1) await keep(kept, `r${nth}`, 'x')
    await eventually(
      () => Promise.resolve(readdirSync(folder).length === 10 || null),
      5_000,
      () => `there are ${readdirSync(folder).length} files`,
    )
  })

  test('one that is being written is not thrown away for another; where nothing else could go, the new one is not kept', async () => {
    const { kept } = open({ organizationBytesMax: 40 * kiB })
    const first = kept.begin({ requestId: 'first', organizationId: 'acme' }, {})!
    await first.add(new Uint8Array(30 * kiB))
    await keep(kept, 'second', 'x'.repeat(15 * kiB))
    await first.add(new Uint8Array(5 * kiB))
    await first.end(true)
    expect(await bytesOf(kept, ['first', 'second'])).toEqual([35 * kiB, null])
  })
})

test('where an operator wants none, none is written, none is found, and what was kept before is removed', async () => {
  const { kept, world, folder } = open()
  await keep(kept, 'req_1', 'x')
  world.limits = { ...plenty, answers: 'none' }
  expect(kept.begin({ requestId: 'req_2', organizationId: 'acme' }, {})).toBeNull()
  expect(await found(kept, 'req_1')).toBeNull()
  kept.forgetOld()
  await filesIn(folder, [])
})

test('a disk that takes nothing keeps nobody from an answer: it is told once, and once when it takes something again', async () => {
  const { kept, world, folder } = open()
  rmSync(folder, { recursive: true })
  writeFileSync(folder, 'no folder')
  for (const id of ['a', 'b']) await keep(kept, id, 'x')
  expect(await bytesOf(kept, ['a', 'b'])).toEqual([null, null])
  expect(kept.heldBytes()).toBe(0)
  expect(world.troubles).toEqual([true])
  rmSync(folder)
  mkdirSync(folder)
  for (const id of ['c', 'd']) await keep(kept, id, 'x')
  expect(await bytesOf(kept, ['c', 'd'])).toEqual([1, 1])
  expect(world.troubles).toEqual([true, false])
})

test('what is dropped while it is written leaves no file behind', async () => {
  const { kept, folder } = open()
  for (let nth = 0; nth < 20; nth += 1) {
    const keeping = kept.begin({ requestId: `r${nth}`, organizationId: 'acme' }, {})!
    const adding = keeping.add(new Uint8Array(20 * kiB))
    if (nth % 2 === 0) await adding
    const ending = keeping.end(true)
    kept.drop(`r${nth}`)
    await ending
  }
  await filesIn(folder, [])
  expect(kept.heldBytes()).toBe(0)
})

test('wherever the process dies between an answer’s first byte and its settlement: no use of a key without its whole answer, and no answer without a use', async () => {
  type Step = { readonly does: 'begin' | 'add' | 'settle' | 'fail' | 'die'; readonly at: number }
  const steps: fc.Arbitrary<Step> = fc.record({
    does: fc.constantFrom('begin', 'begin', 'add', 'add', 'add', 'settle', 'fail', 'die'),
    at: fc.nat(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (list) => {
      const folder = newFolder()
      let { kept } = open({}, folder)
      const uses = new Map<string, { readonly use: KeyUse; readonly body: string }>()
      let underWay: { readonly requestId: string; body: string; readonly keeping: ReturnType<KeptAnswers['begin']> }[] =
        []
      for (const [index, { does, at }] of list.entries()) {
        const one = underWay[at % (underWay.length || 1)]
        const requestId = `r${index}`
        if (does === 'begin')
          underWay.push({ requestId, body: '', keeping: kept.begin({ requestId, organizationId: 'acme' }, {}) })
        if (does === 'add' && one) {
          const piece = String.fromCharCode(97 + (at % 26)).repeat(at % 30_000)
          await one.keeping!.add(Buffer.from(piece))
          one.body += piece
        }
        if ((does === 'settle' || does === 'fail') && one) {
          await one.keeping!.end(true)
          if (does === 'fail') kept.drop(one.requestId)
          else uses.set(one.requestId, { use: useOf(one.requestId), body: one.body })
          underWay = underWay.filter((other) => other !== one)
        }
        if (does === 'die') {
          // Behind the file and before the settlement is a moment to die in as well.
          await one?.keeping!.end(true)
          underWay = []
          kept = open({}, folder).kept
          await kept.load([...uses.values()].map(({ use }) => use))
        }
      }
      for (const [requestId, { body }] of uses)
        expect(await found(kept, requestId)).toMatchObject({ isWhole: true, body })
      kept = open({}, folder).kept
      await kept.load([...uses.values()].map(({ use }) => use))
      await filesIn(folder, [...uses.keys()])
    }),
    { numRuns: 60 },
  )
}, 30_000)
