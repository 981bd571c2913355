/**
 * People, as far as the data plane's thread has to do with them: links for operators, who cannot sign in before they have
 * one, and what the control thread is told of the configuration. `people.db` is opened for each question, and closed.
 */
import { statSync } from 'node:fs'
import type { Config } from './config.ts'
import type { AdminDeps } from './control/admin/deps.ts'
import { makeLink } from './control/people/make-links.ts'
import { lowCreditMail as lowCreditLetter } from './control/people/mails.ts'
import type { PeopleSettings } from './control/people/settings.ts'
import type { Clock } from './lib/clock.ts'
import { inBackground, type Log } from './lib/log.ts'
import { openPeopleStore, peoplePath } from './store/people/people-store.ts'
import { isDamage } from './store/sqlite/find-damage.ts'
import type { Crossing } from './store/store.ts'

type PeopleDeps = {
  readonly config: Pick<Config, 'dataDir' | 'publicUrl'>
  /** Of this server, where there is no PUBLIC_URL. */
  readonly url: string
  readonly clock: Clock
}

/** What operators ask of people through the admin API. */
export const peopleOf = ({ config, url, clock }: PeopleDeps): AdminDeps['people'] => ({
  baseUrl: config.publicUrl ?? url,
  ask(work) {
    const store = openPeopleStore(peoplePath(config.dataDir), clock.now())
    try {
      return work(store)
    } finally {
      store.close()
    }
  },
})

type Links = Pick<AdminDeps['people'], 'baseUrl' | 'ask'>

/**
 * Where the first operator chooses a password; null once there is an operator. A `people.db` that is damaged is an alert,
 * and null: nobody can sign in, and whoever has a key is served all the same.
 */
export function firstOperatorUrl({ baseUrl, ask }: Links, clock: Clock, log: Pick<Log, 'error'>): string | null {
  const actor = { kind: 'server', id: null, name: 'start' } as const
  try {
    return ask((store) => {
      const damage = store.findDamage()
      if (damage.length > 0) log.error({ event: 'people-damaged', detail: damage.join('; ') })
      if (store.operators().length > 0) return null
      return makeLink(store, { kind: 'operator', email: null }, { actor, now: clock.now(), baseUrl, isMailed: false })
        .url
    })
  } catch (error) {
    if (!isDamage(error)) throw error
    log.error({ event: 'people-damaged', detail: (error as Error).message })
    return null
  }
}

/** A folder that has organizations and no people lost them, unless it is of before there were any; new ones are made without a word. */
export function tellMissingPeople(dataDir: string, organizations: number, log: Pick<Log, 'error'>): void {
  const path = peoplePath(dataDir)
  if (organizations === 0 || (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0) return
  const detail = `${path} is missing: nobody can sign in who could before; restore a backup (mart restore FILE)`
  log.error({ event: 'people-missing', detail })
}

/** Writes to those who keep an organization's books that its credit is low, where there is SMTP. What cannot be sent is logged. */
export const lowCreditMail =
  (config: Pick<Config, 'dataDir' | 'people' | 'publicUrl'>, clock: Clock, log: Log) =>
  ({ organizationId, ...crossing }: Crossing): void => {
    const { smtp } = peopleSettings(config.people)
    if (smtp === null) return
    inBackground(log, 'mail-low-credit', async () => {
      const store = openPeopleStore(peoplePath(config.dataDir), clock.now())
      const members = store.membersOf(organizationId)
      store.close()
      // Loaded by whoever writes to somebody.
      const { createMailer } = await import('./control/people/mailer.ts')
      const mailer = createMailer(smtp, log)
      const readers = members.filter(({ role }) => keepsBooks.includes(role))
      for (const { email } of readers) await mailer.send(lowCreditLetter(email, crossing, config.publicUrl))
    })
  }

const keepsBooks: readonly string[] = ['owner', 'admin', 'billing']

/** As plain values, which pass between threads. */
export const peopleSettings = ({ signUp, grant, secondFactor, oidc, smtp }: Config['people']): PeopleSettings => ({
  signUp,
  grant,
  secondFactor,
  oidc: oidc && { ...oidc, clientSecret: oidc.clientSecret.reveal() },
  smtp: smtp && {
    host: smtp.host,
    port: smtp.port,
    security: smtp.security,
    login: smtp.user === null ? null : { user: smtp.user, password: smtp.password!.reveal() },
    from: smtp.from,
  },
})
