import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstOperatorUrl, peopleOf, tellMissingPeople } from './people.ts'
import { systemClock } from './lib/clock.ts'

let dataDir: string
let path: string
let logged: object[]
const log = { error: (entry: object) => void logged.push(entry) }
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'mart-people-'))
  path = join(dataDir, 'people.db')
  logged = []
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const url = 'http://mart'
const operatorUrl = (): string | null =>
  firstOperatorUrl(peopleOf({ config: { dataDir, publicUrl: null }, url, clock: systemClock }), systemClock, log)

test('a folder without people is told of, unless it is new', () => {
  tellMissingPeople(dataDir, 0, log)
  expect(logged).toEqual([])
  tellMissingPeople(dataDir, 1, log)
  expect(logged).toEqual([{ event: 'people-missing', detail: expect.stringContaining(`${path} is missing`) }])
  expect(operatorUrl()).toStartWith(url)
  tellMissingPeople(dataDir, 1, log)
  truncateSync(path, 0)
  tellMissingPeople(dataDir, 1, log)
  expect(logged).toHaveLength(2)
})

test('a people.db that is damaged is an alert by its name, and no reason to serve nobody', () => {
  operatorUrl()
  expect(logged).toEqual([])
  const whole = readFileSync(path)
  const damages = [
    Buffer.alloc(8_192, 0xa5),
    whole.subarray(0, whole.length / 2),
    Buffer.concat([whole.subarray(0, whole.length / 2), Buffer.alloc(whole.length / 2, 0xa5)]),
  ]
  for (const bytes of damages) {
    for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
    writeFileSync(path, bytes)
    logged = []
    operatorUrl()
    expect(logged).toMatchObject([{ event: 'people-damaged' }])
  }
})
