/** What somebody who is not signed in may know and ask for. Whether an address has an account is said to its mailbox alone. */
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { inBackground } from '../../../lib/log.ts'
import { AdminError } from '../../admin/error.ts'
import { addressHeader } from '../../address-header.ts'
import { canHavePasskeys } from '../../people/auth.ts'
import { beginAttempt } from '../../people/attempts.ts'
import { Email } from '../../people/fields.ts'
import { makeLink } from '../../people/make-links.ts'
import type { Mail } from '../../people/mailer.ts'
import { hasAccountMail, passwordMail, signUpMail } from '../../people/mails.ts'
import { pageRoute, type PagesDeps } from '../page-route.ts'
import { Done } from './shapes.ts'

const WaysShape = z.strictObject({
  signUp: z.enum(['open', 'closed']),
  /** The provider that people may sign in by; null: none. */
  provider: z.strictObject({ name: z.string() }).nullable(),
  /** Whether this server sends mail; else an operator makes links. */
  hasMail: z.boolean(),
  /** Whether browsers know passkeys at the address that this server is reached at. */
  hasPasskeys: z.boolean(),
  /** Whether there is an operator; else the start printed a link for the first. */
  hasOperator: z.boolean(),
})
export type WaysToSignInJson = z.infer<typeof WaysShape>

const ways = pageRoute({
  method: 'GET',
  path: '/api/sign-in',
  summary: 'How people sign in here',
  needs: 'nobody',
  query: null,
  body: null,
  answer: WaysShape,
  handle: ({ request, deps: { people } }) =>
    Promise.resolve({
      signUp: people.settings.signUp,
      provider: people.settings.oidc && { name: people.settings.oidc.name },
      hasMail: people.mailer !== null,
      hasPasskeys: canHavePasskeys(people.originOf(request)),
      hasOperator: people.store.operators().length > 0,
    }),
})

const AskedFor = z.strictObject({ email: Email })
const nobody = { kind: 'server', id: null, name: 'pages' } as const

const forgot = pageRoute({
  method: 'POST',
  path: '/api/forgot-password',
  summary: 'Have a link for a new password sent to an address, if it has an account',
  needs: 'nobody',
  query: null,
  body: AskedFor,
  answer: Done,
  status: 202,
  handle({ body: { email }, request, deps }) {
    beginAttempt(request, null, deps.people.limits)
    // After the answer, which is the same for everybody and takes as long.
    writeLater({ request, email, kind: 'password', deps }, (terms) => passwordMail({ ...terms, url: terms.link() }))
    return Promise.resolve({})
  },
})

const signUp = pageRoute({
  method: 'POST',
  path: '/api/sign-up',
  summary: 'Have a link for a new account sent to an address',
  needs: 'nobody',
  query: null,
  body: AskedFor,
  answer: Done,
  status: 202,
  handle({ body: { email }, request, deps }) {
    if (deps.people.settings.signUp !== 'open' || deps.people.mailer === null) throw new AdminError('sign_up_closed')
    beginAttempt(request, null, deps.people.limits)
    writeLater({ request, email, kind: 'sign-up', deps }, (terms, store) =>
      store.personByEmail(email) === null
        ? signUpMail({ ...terms, url: terms.link() })
        : hasAccountMail({ ...terms, url: `${terms.baseUrl}/sign-in` }),
    )
    return Promise.resolve({})
  },
})

type Terms = {
  readonly to: string
  readonly host: string
  readonly baseUrl: string
  readonly link: () => string
}
type Asking = {
  readonly request: Request
  readonly email: string
  readonly kind: 'password' | 'sign-up'
  readonly deps: PagesDeps
}
type Store = PagesDeps['people']['store']

/** Writes to an address, unless nobody there forgot a password, or it was written to enough. */
function writeLater(asking: Asking, mailFor: (terms: Terms, store: Store) => Mail): void {
  const { request, email, kind, deps } = asking
  const { mailer, store, linksTo } = deps.people
  const baseUrl = linksTo(request)
  inBackground(deps.log, 'write-mail', async () => {
    await setImmediate()
    if (mailer === null || !mayWrite(asking)) return
    const terms = { actor: nobody, now: deps.clock.now(), baseUrl, isMailed: true }
    const link: Terms['link'] = () => makeLink(store, { kind, email }, terms).url
    const mail = mailFor({ to: email, host: new URL(baseUrl).host, baseUrl, link }, store)
    await mailer.send(mail)
  })
}

function mayWrite({ request, email, kind, deps: { people, clock } }: Asking): boolean {
  const { store, mailLimits } = people
  const hasAccount = store.personByEmail(email) !== null
  if (kind === 'password' && !hasAccount) return false
  const isOptional = store.hasOpenLink(kind, email, clock.now()) || (kind === 'sign-up' && hasAccount)
  return mailLimits.mayLink({ kind, email, address: request.headers.get(addressHeader) ?? '', isOptional })
}

export const signInRoutes = [ways, forgot, signUp]
