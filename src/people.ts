/**
 * People, as far as the data plane's thread has to do with them: links for operators, who cannot sign in before they have
 * one, and what the control thread is told of the configuration. `people.db` is opened for each question, and closed.
 */
import { join } from 'node:path'
import type { Config } from './config.ts'
import type { AdminDeps } from './control/admin-deps.ts'
import { makeLink } from './control/people/make-links.ts'
import type { PeopleSettings } from './control/people/settings.ts'
import type { Clock } from './lib/clock.ts'
import { keptSecret } from './lib/kept-secret.ts'
import { openPeopleStore, peoplePath } from './store/people/people-store.ts'

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

/** Where the first operator chooses a password; null once there is an operator. */
export function firstOperatorUrl({ baseUrl, ask }: AdminDeps['people'], clock: Clock): string | null {
  const actor = { kind: 'server', id: null, name: 'start' } as const
  return ask((store) => {
    if (store.operators().length > 0) return null
    return makeLink(store, { kind: 'operator', email: null }, { actor, now: clock.now(), baseUrl, isMailed: false }).url
  })
}

/** What cookies are signed and second factors are encrypted with: MART_SECRET, or this folder's own. */
export const signInSecret = ({ secret, dataDir }: Pick<Config, 'secret' | 'dataDir'>): string =>
  secret ?? keptSecret(join(dataDir, 'secret'))

/** As plain values, which pass between threads. */
export const peopleSettings = ({ signUp, grant, oidc, smtp }: Config['people']): PeopleSettings => ({
  signUp,
  grant,
  oidc: oidc && { ...oidc, clientSecret: oidc.clientSecret.reveal() },
  smtp: smtp && {
    host: smtp.host,
    port: smtp.port,
    security: smtp.security,
    login: smtp.user === null ? null : { user: smtp.user, password: smtp.password!.reveal() },
    from: smtp.from,
  },
})
