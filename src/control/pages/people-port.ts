/** Who is signed in and whose member they are, as the pages ask. Asked at every request, so that what changed holds at once. */
import type { PeopleStore } from '../../store/people/people-store.ts'
import type { PersonRow } from '../../store/people/persons.ts'
import type { MailLimits } from '../people/mail-limits.ts'
import type { Mailer } from '../people/mailer.ts'
import type { PeopleSettings } from '../people/settings.ts'
import type { SignInLimits } from '../people/sign-in-limits.ts'
import type { Role } from './roles.ts'

export type Person = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly isOperator: boolean
  readonly hasSecondFactor: boolean
  /** Whether this session was opened with a second factor, which they still have. */
  readonly gaveSecondFactor: boolean
}
export type Membership = { readonly organizationId: string; readonly role: Role }

/** Who is signed in, in which session. */
export type Signed = {
  readonly person: PersonRow
  readonly sessionId: string
  readonly gaveSecondFactor: boolean
}

/** Ends the passes that somebody has of an organization's keys, or (null) of all. Never rejects. */
export type EndPasses = (personId: string, organizationId: string | null) => Promise<void>

export type People = {
  /** By the session of the request; null: nobody is signed in. */
  readonly personOf: (request: Request) => Promise<Person | null>
  /** null: no member of it. */
  readonly roleOf: (personId: string, organizationId: string) => Promise<Role | null>
  readonly membershipsOf: (personId: string) => Promise<readonly Membership[]>
  /** Whatever is asked under `/api/auth/`. */
  readonly handle: (request: Request) => Promise<Response>
  readonly signedIn: (request: Request) => Promise<Signed | null>
  /** Signs somebody in by their password, as `/api/auth/sign-in/email` does: a second factor is asked for there as well. */
  readonly signIn: (request: Request, email: string, password: string) => Promise<Response>
  /** For whoever was removed, signed out everywhere, or has another role: a page that still may takes another. */
  readonly endPasses: EndPasses
  /** Does one thing after the other: what counts what there is, and then waits before it adds one more. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>
  readonly store: PeopleStore
  readonly settings: PeopleSettings
  readonly limits: SignInLimits
  readonly mailLimits: MailLimits
  /** null: links are shown to whoever makes them. */
  readonly mailer: Mailer | null
  /** Where people reach this server, by a request of theirs; without a slash at the end. */
  readonly originOf: (request: Request) => string
  /**
   * Where links lead that others are given: PUBLIC_URL, because whoever has a link sent to somebody else says themselves
   * which host they asked. Only where there is none, and so no mail either, is it where the request was sent.
   */
  readonly linksTo: (request: Request) => string
}
