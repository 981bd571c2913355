/** Links that work once: made here, sent by mail or shown, used in `use-links.ts`. Their token is in the fragment, which no server's log sees. */
import { hash, randomBytes, randomUUID } from 'node:crypto'
import type { Actor } from '../../store/audit.ts'
import type { MemberRole } from '../../store/people/members.ts'
import type { PeopleStore } from '../../store/people/people-store.ts'

export type Purpose =
  | { readonly kind: 'operator'; readonly email: null }
  | { readonly kind: 'sign-up' | 'password'; readonly email: string }
  | { readonly kind: 'invitation'; readonly email: string; readonly organizationId: string; readonly role: MemberRole }
  | { readonly kind: 'email' | 'email-undo'; readonly email: string; readonly personId: string }

export type LinkTerms = {
  readonly actor: Actor
  /** Epoch ms. */
  readonly now: number
  /** Where people reach this server, without a slash at the end. */
  readonly baseUrl: string
  readonly isMailed: boolean
}

const hourMs = 3_600_000
/** How long each works. */
const lifeMs = {
  operator: 24 * hourMs,
  invitation: 7 * 24 * hourMs,
  'sign-up': 24 * hourMs,
  password: hourMs,
  email: 24 * hourMs,
  'email-undo': 7 * 24 * hourMs,
} as const
const pages = {
  operator: '/setup',
  invitation: '/invitation',
  'sign-up': '/sign-up',
  password: '/reset-password',
  email: '/confirm-email',
  'email-undo': '/take-back',
} as const

export type MadeLink = { readonly id: string; readonly url: string; readonly expiresAt: number }

/** Makes one, which takes the place of an earlier one for the same. */
export function makeLink(store: Pick<PeopleStore, 'addLink'>, purpose: Purpose, terms: LinkTerms): MadeLink {
  const token = randomBytes(32).toString('base64url')
  const { actor, now, baseUrl, isMailed } = terms
  const id = `lnk_${randomUUID().replaceAll('-', '')}`
  const expiresAt = now + lifeMs[purpose.kind]
  store.addLink({ ...purpose, id, hash: hashOf(token), isMailed, madeBy: actor.name, createdAt: now, expiresAt }, actor)
  return { id, url: `${baseUrl}${pages[purpose.kind]}#${token}`, expiresAt }
}

/** What a token is known by. It is 256 random bits, so that no salt is needed. */
export const hashOf = (token: string): string => hash('sha256', token, 'hex')
