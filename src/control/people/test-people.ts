/** For tests: people over a store in memory, with a clock that stands still, mail that is kept, and browsers with cookies. */
import type { LogEvent } from '../../lib/log-text.ts'
import { openPeopleStore } from '../../store/people/people-store.ts'
import type { Actor } from '../../store/audit.ts'
import { addressHeader } from '../address-header.ts'
import type { Mail } from './mailer.ts'
import { makeLink, type Purpose } from './make-links.ts'
import type { People } from '../pages/people-port.ts'
import { createPeople } from './people.ts'
import { defaultPeopleSettings, type PeopleSettings } from './settings.ts'
import { actorOf, type UseDeps } from './use-links.ts'

export const goodPassword = 'correct horse battery'
/** Of the good password, with the least of costs: proved in no time. */
const quickHash =
  '$argon2id$v=19$m=8,t=1,p=1$j8AzwEm36tw/r2Rl0jZNxehEXbN2ITJ7ISU1nSsKi0E$VHVSDVCSX1lXH4cAqsEpC4sbqhA+l/cLJ71KxeESwBo'
export const testOrigin = 'http://gateway.test'
export const server: Actor = { kind: 'server', id: null, name: 'server' }

export type TestPeopleOptions = {
  readonly settings?: Partial<PeopleSettings>
  readonly hasMail?: boolean
  readonly publicUrl?: string | null
}

export function openTestPeople({ settings = {}, hasMail = false, publicUrl = null }: TestPeopleOptions = {}) {
  const time = { now: Date.now(), monotonic: 1_000_000 }
  const clock = { now: () => time.now, monotonic: () => time.monotonic }
  const events: LogEvent[] = []
  const mails: Mail[] = []
  /** Of whom passes were ended. */
  const passesEnded: string[] = []
  const store = openPeopleStore(':memory:', time.now)
  const mailer = { send: (mail: Mail) => Promise.resolve(mails.push(mail) > 0) }
  const people = createPeople({
    store,
    settings: { ...defaultPeopleSettings, ...settings },
    secret: 'a secret of this test, long enough for anything',
    publicUrl,
    clock,
    log: { info: (event) => void events.push(event), error: (event) => void events.push(event) },
    endPasses: (personId) => Promise.resolve(void passesEnded.push(personId)),
    ...(hasMail && { mailer }),
  })
  const use: UseDeps = { store, now: clock.now }
  /** The token of a new link. */
  const tokenFor = (purpose: Purpose, isMailed = true): string =>
    makeLink(store, purpose, { actor: server, now: time.now, baseUrl: testOrigin, isMailed }).url.split('#')[1]!
  /** Somebody with an account, who is an operator by a link: the shortest way to one. */
  const someone = (email: string, name = email.split('@')[0]!): Promise<string> => {
    tokenFor({ kind: 'operator', email: null })
    const id = store.addPerson({ name, email, isVerified: true, passwordHash: quickHash }, time.now)
    store.addOperator(id, { actor: actorOf({ id, name }), at: time.now })
    return Promise.resolve(id)
  }
  return { people, store, use, time, events, mails, passesEnded, tokenFor, someone }
}

/** A browser: it keeps cookies, and says where a request comes from. */
export function openBrowser(
  { handle }: Pick<People, 'handle'>,
  from: Partial<{ origin: string; address: string }> = {},
) {
  const { origin = testOrigin, address = '203.0.113.7' } = from
  const cookies = new Map<string, string>()
  const request = (method: string, path: string, body?: unknown, more: Record<string, string> = {}): Request => {
    const headers = new Headers({ [addressHeader]: address, 'user-agent': 'test', ...more })
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    if (method !== 'GET' && !headers.has('origin')) headers.set('origin', origin)
    if (body !== undefined) headers.set('content-type', 'application/json')
    return new Request(origin + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  }
  const keep = (response: Response): void => {
    for (const cookie of response.headers.getSetCookie()) {
      const [pair, ...attributes] = cookie.split(';')
      const [name, value] = pair!.split('=', 2) as [string, string]
      const isGone = attributes.some((attribute) => /^\s*max-age=0$/i.test(attribute))
      if (isGone) cookies.delete(name)
      else cookies.set(name, value)
    }
  }
  const ask = async (method: string, path: string, body?: unknown, more: Record<string, string> = {}) => {
    const response = await handle(request(method, path, body, more))
    keep(response)
    const text = await response.text()
    const json = (text === '' ? {} : JSON.parse(text)) as Record<string, any> // oxlint-disable-line typescript/no-explicit-any
    return { status: response.status, json, headers: response.headers }
  }
  return {
    cookies,
    request,
    keep,
    ask,
    get: (path: string) => ask('GET', path),
    post: (path: string, body: unknown = {}, more: Record<string, string> = {}) => ask('POST', path, body, more),
    signIn: (email: string, password = goodPassword) => ask('POST', '/api/auth/sign-in/email', { email, password }),
  }
}
