/** Another e-mail address: asked for with the password, given by a link to it, and undone by a link to the one of before. */
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { inBackground } from '../../../lib/log.ts'
import { AdminError } from '../../admin/error.ts'
import { invalid } from '../../admin/read-input.ts'
import { addressHeader } from '../../address-header.ts'
import { beginAttempt } from '../../people/attempts.ts'
import { Email, NewPassword, Password } from '../../people/fields.ts'
import { makeLink } from '../../people/make-links.ts'
import { addressChangedMail, addressMail, addressTakenMail } from '../../people/mails.ts'
import { actorOf, changeAddress, takeBackAddress, type ChangedAddress } from '../../people/use-links.ts'
import { pageRoute, type Asked, type PagesDeps } from '../page-route.ts'
import { Token, useOf } from './link-routes.ts'
import { prove } from './prove.ts'
import { Done, Next } from './shapes.ts'

const ask = pageRoute({
  method: 'POST',
  path: '/api/account/email',
  summary: 'Have a link sent to another address, which becomes one’s own when it is opened',
  needs: 'signed-in',
  query: null,
  body: z.strictObject({ email: Email, password: Password.optional() }),
  answer: Done,
  status: 202,
  async handle({ body: { email, password }, person, request, deps }) {
    const { mailer, mailLimits } = deps.people
    if (mailer === null) throw new AdminError('mail_missing')
    if (email === person.email) throw invalid('email', 'another than the one you have')
    await prove(request, password, deps)
    const address = request.headers.get(addressHeader) ?? ''
    const retryAfterMs = mailLimits.change({ email, personId: person.id, address })
    if (retryAfterMs > 0) throw new AdminError('too_many_mails', { retryAfterMs, message: tooManyMails })
    // After the answer, which is the same and takes as long whether the address has an account or not.
    inBackground(deps.log, 'write-mail', async () => {
      await setImmediate()
      await writeTo(email, { person, request, deps })
    })
    return {}
  },
})

const tooManyMails = 'Too many mails were sent by you, from your network or to this address. Try again later.'

type Asking = Pick<Asked<string, 'signed-in'>, 'person' | 'request' | 'deps'>

async function writeTo(email: string, { person, request, deps: { people, clock } }: Asking): Promise<void> {
  const baseUrl = people.linksTo(request)
  const words = { to: email, host: new URL(baseUrl).host }
  if (people.store.personByEmail(email)) {
    await people.mailer!.send(addressTakenMail({ ...words, url: `${baseUrl}/sign-in` }))
    return
  }
  const terms = { actor: actorOf(person), now: clock.now(), baseUrl, isMailed: true }
  const { url } = makeLink(people.store, { kind: 'email', email, personId: person.id }, terms)
  await people.mailer!.send(addressMail({ ...words, url }))
}

const confirm = pageRoute({
  method: 'POST',
  path: '/api/confirm-email',
  summary: 'Take another address, by the link that was sent to it; every other session ends',
  needs: 'nobody',
  query: null,
  body: z.strictObject({ token: Token }),
  answer: z.strictObject({ email: z.string(), isSignedIn: z.boolean() }),
  async handle({ body, request, deps }) {
    beginAttempt(request, null, deps.people.limits)
    const signed = await deps.people.signedIn(request)
    const changed = changeAddress(useOf(deps), body.token, signed)
    await deps.people.endPasses(changed.person.id, null)
    tellOld(changed, request, deps)
    return { email: changed.email, isSignedIn: signed?.person.id === changed.person.id }
  },
})

/** Whoever has the address of before is told, and can undo it where that is known to have been theirs. */
function tellOld({ person, email }: ChangedAddress, request: Request, { people, clock, log }: PagesDeps): void {
  const { mailer, store } = people
  if (mailer === null) return
  const baseUrl = people.linksTo(request)
  const terms = { actor: actorOf(person), now: clock.now(), baseUrl, isMailed: true }
  const undo = { kind: 'email-undo', email: person.email, personId: person.id } as const
  const url = person.isVerified ? makeLink(store, undo, terms).url : null
  const mail = addressChangedMail({ to: person.email, host: new URL(baseUrl).host }, email, url)
  inBackground(log, 'write-mail', () => mailer.send(mail))
}

const takeBack = pageRoute({
  method: 'POST',
  path: '/api/take-back',
  summary: 'Take back the address of before with a new password, by the link that was sent to it; every session ends',
  needs: 'nobody',
  query: null,
  body: z.strictObject({ token: Token, password: NewPassword }),
  answer: Next,
  async handle({ body: { token, password }, request, deps }) {
    beginAttempt(request, null, deps.people.limits)
    const { person, email } = await takeBackAddress(useOf(deps), token, password)
    deps.people.limits.forgive(email)
    await deps.people.endPasses(person.id, null)
    return deps.people.signIn(request, email, password)
  },
})

export const addressRoutes = [ask, confirm, takeBack]
