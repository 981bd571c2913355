/** What people do with a link that works once: each use is one transaction, which the link allows. */
import { hashPassword } from '../../lib/password.ts'
import type { Actor } from '../../store/audit.ts'
import type { Link, LinkKind } from '../../store/people/links.ts'
import type { PeopleStore } from '../../store/people/people-store.ts'
import type { PersonRow } from '../../store/people/persons.ts'
import { AdminError } from '../admin/error.ts'
import type { Signed } from '../pages/people-port.ts'
import { invalid } from '../admin/read-input.ts'
import { hashOf } from './make-links.ts'

export type UseDeps = { readonly store: PeopleStore; readonly now: () => number }
/** Who is made by a link, as they say. */
export type Newcomer = { readonly name: string; readonly password: string }

/** What a link is for. Throws `link_not_valid`. */
export function lookAtLink({ store, now }: UseDeps, kind: LinkKind, token: string): Link {
  const link = store.linkOf(hashOf(token), kind, now())
  if (!link) throw new AdminError('link_not_valid')
  return link
}

/** Makes an operator of whoever is new here. Gives their id. Throws `link_not_valid`, `sign_in_first`. */
export async function setUpOperator(
  deps: UseDeps,
  token: string,
  { email, ...newcomer }: Newcomer & { readonly email: string },
): Promise<string> {
  lookAtLink(deps, 'operator', token)
  const passwordHash = await acceptedHash(newcomer.password, email)
  const { store } = deps
  return useOnce(deps, 'operator', token, (_link, now) => {
    const id = store.addPerson({ name: newcomer.name, email, isVerified: true, passwordHash }, now)
    store.addOperator(id, { actor: actorOf({ id, name: newcomer.name }), at: now })
    return id
  })
}

/** Makes an operator of somebody who is signed in. Throws `link_not_valid`. */
export function becomeOperator(deps: UseDeps, token: string, person: PersonRow): void {
  useOnce(deps, 'operator', token, (_link, at) => deps.store.addOperator(person.id, { actor: actorOf(person), at }))
}

/** Makes a member of whoever is new here. Throws `link_not_valid`, `sign_in_first`. */
export async function joinAsNewcomer(deps: UseDeps, token: string, { name, password }: Newcomer): Promise<string> {
  const { email } = lookAtLink(deps, 'invitation', token)
  const passwordHash = await acceptedHash(password, email!)
  const { store } = deps
  return useOnce(deps, 'invitation', token, (link, now) => {
    const id = store.addPerson({ name, email: email!, isVerified: link.isMailed, passwordHash }, now)
    join(deps, link, { id, name }, now)
    return id
  })
}

/** Makes a member of somebody who is signed in, with the address that was invited. Throws `link_not_valid`, `other_person`. */
export function joinAsPerson(deps: UseDeps, token: string, person: PersonRow): void {
  const { email } = lookAtLink(deps, 'invitation', token)
  if (email !== person.email) throw new AdminError('other_person')
  useOnce(deps, 'invitation', token, (link, now) => {
    if (link.isMailed) deps.store.markVerified(person.id, now)
    join(deps, link, person, now)
  })
}

/** Makes an account. Throws `link_not_valid`, `sign_in_first`. */
export async function signUp(deps: UseDeps, token: string, { name, password }: Newcomer): Promise<string> {
  const { email } = lookAtLink(deps, 'sign-up', token)
  const passwordHash = await acceptedHash(password, email!)
  return useOnce(deps, 'sign-up', token, (_link, now) =>
    deps.store.addPerson({ name, email: email!, isVerified: true, passwordHash }, now),
  )
}

/** Sets another password, which ends every session. Gives whose. Throws `link_not_valid`. */
export async function resetPassword(deps: UseDeps, token: string, password: string): Promise<PersonRow> {
  const { email } = lookAtLink(deps, 'password', token)
  const passwordHash = await acceptedHash(password, email!)
  const { store } = deps
  return useOnce(deps, 'password', token, (link, now) => {
    const person = store.personByEmail(email!)
    if (!person) throw new AdminError('link_not_valid')
    store.setPassword(person.id, passwordHash, now)
    if (link.isMailed) store.markVerified(person.id, now)
    store.endSessions(person.id, null)
    store.revokeLinks('password', email!, now)
    return person
  })
}

export type ChangedAddress = { readonly person: PersonRow; readonly email: string }

/**
 * Gives somebody the address that a link was made for. Every session ends, but for one of their own. Gives who they were,
 * and the address. Throws `link_not_valid`, `email_taken`.
 */
export function changeAddress(deps: UseDeps, token: string, signed: Signed | null): ChangedAddress {
  const { store } = deps
  return useOnce(deps, 'email', token, (link, now) => {
    const person = personOf(link, store)
    const email = link.email!
    store.changeEmail({ personId: person.id, email, isVerified: link.isMailed }, now)
    store.revokeLinks('password', person.email, now)
    store.endSessions(person.id, signed?.person.id === person.id ? signed.sessionId : null)
    return { person, email }
  })
}

/**
 * Gives somebody the address back that they had, with another password: every session ends, and so does each link by which
 * their address was to change since. Throws `link_not_valid`, `email_taken`.
 */
export async function takeBackAddress(deps: UseDeps, token: string, password: string): Promise<ChangedAddress> {
  const { email } = lookAtLink(deps, 'email-undo', token)
  const passwordHash = await acceptedHash(password, email!)
  const { store } = deps
  return useOnce(deps, 'email-undo', token, (link, now) => {
    const person = personOf(link, store)
    store.changeEmail({ personId: person.id, email: email!, isVerified: true }, now)
    store.setPassword(person.id, passwordHash, now)
    for (const each of [person.email, email!]) store.revokeLinks('password', each, now)
    store.revokeAddressLinks(person.id, link.createdAt, now)
    store.endSessions(person.id, null)
    return { person, email: email! }
  })
}

function personOf(link: Link, store: PeopleStore): PersonRow {
  const person = 'personId' in link && link.personId !== null ? store.person(link.personId) : null
  if (!person) throw new AdminError('link_not_valid')
  return person
}

/** The hash of a password that may be one. Throws `invalid_request`. */
export function acceptedHash(password: string, email: string): Promise<string> {
  const said = password.toLowerCase()
  if (said === email || said === email.split('@')[0]) throw invalid('password', 'another than your e-mail address')
  if (new Set(password).size < 4) throw invalid('password', 'of at least four different characters')
  return hashPassword(password)
}

function useOnce<T>({ store, now }: UseDeps, kind: LinkKind, token: string, work: (link: Link, now: number) => T): T {
  const at = now()
  return store.atomically(() => work(store.useLink(hashOf(token), kind, at), at))
}

/** A role that is higher already stays. */
function join(
  { store }: UseDeps,
  link: Link,
  person: { readonly id: string; readonly name: string },
  at: number,
): void {
  if (link.kind !== 'invitation') throw new AdminError('link_not_valid')
  const { organizationId, role } = link
  if (store.roleOf(person.id, organizationId) === 'owner') return
  store.putMember({ organizationId, personId: person.id }, role, { actor: actorOf(person), at })
}

export const actorOf = ({ id, name }: { readonly id: string; readonly name: string }): Actor => ({
  kind: 'person',
  id,
  name,
})
