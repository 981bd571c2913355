/** Links that work once, within their time. The token in one is stored as its SHA-256 alone. */
import type { Database } from 'bun:sqlite'
import type { Actor, Facts } from '../audit.ts'
import type { Change, MemberRole } from './members.ts'
import type { Note } from './notes.ts'
import { PeopleRefusal } from './people-refusal.ts'

export type LinkKind = 'operator' | 'invitation' | 'sign-up' | 'password' | AddressKind
/** What gives somebody another e-mail address, and what gives back the one of before. */
type AddressKind = 'email' | 'email-undo'

type Purpose =
  | { readonly kind: 'operator'; readonly email: string | null }
  | { readonly kind: 'sign-up' | 'password'; readonly email: string }
  | { readonly kind: 'invitation'; readonly email: string; readonly organizationId: string; readonly role: MemberRole }
  | { readonly kind: AddressKind; readonly email: string; readonly personId: string }

export type Link = Purpose & {
  readonly id: string
  /** Whether it was sent to the address, so that whoever has it owns that. */
  readonly isMailed: boolean
  /** The name of whoever made it. */
  readonly madeBy: string
  /** Epoch ms. */
  readonly createdAt: number
  readonly expiresAt: number
}
export type Invitation = Extract<Link, { kind: 'invitation' }>
export type NewLink = Link & { readonly hash: string }

type Row = {
  id: string
  kind: LinkKind
  email: string | null
  organizationId: string | null
  role: MemberRole | null
  personId: string | null
  isMailed: bigint
  madeBy: string
  createdAt: bigint
  expiresAt: bigint
}
type Value = string | number | null

const columns = `id, kind, email, organization_id as organizationId, role, person_id as personId, is_mailed as isMailed, made_by as madeBy,
  created_at as createdAt, expires_at as expiresAt`
const isOpen = 'used_at is null and revoked_at is null and expires_at > ?'

/** Prepares the links' statements on a connection. */
export function prepareLinks(db: Database, note: Note) {
  const insert = db.prepare<unknown, Value[]>(`
    insert into link (id, hash, kind, email, organization_id, role, person_id, is_mailed, made_by, created_at, expires_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  // Of those for one purpose the newest works: whoever asks again has lost the one before. Links that anybody can have
  // mailed to somebody work beside each other, so that no stranger takes away the one that its owner has in hand.
  const replace = db.prepare<unknown, Value[]>(
    `update link set revoked_at = ? where kind = ? and email is ? and organization_id is ? and ${isOpen}`,
  )
  const replaceAddress = db.prepare<unknown, Value[]>(
    `update link set revoked_at = ? where kind = 'email' and person_id = ? and ${isOpen}`,
  )
  const look = db.prepare<Row, Value[]>(`select ${columns} from link where hash = ? and kind = ? and ${isOpen}`)
  const use = db.prepare<Row, Value[]>(
    `update link set used_at = ? where hash = ? and kind = ? and ${isOpen} returning ${columns}`,
  )
  const revoke = db.prepare<Row, Value[]>(
    `update link set revoked_at = ? where organization_id = ? and id = ? and ${isOpen} returning ${columns}`,
  )
  const invitations = db.prepare<Row, Value[]>(
    `select ${columns} from link where organization_id = ? and ${isOpen} order by created_at, id`,
  )
  const invited = db.prepare<unknown, Value[]>(
    `select 1 from link where kind = 'invitation' and email = ? and ${isOpen} limit 1`,
  )
  const open = db.prepare<unknown, Value[]>(`select 1 from link where kind = ? and email = ? and ${isOpen} limit 1`)
  const forget = db.prepare<unknown, [number]>('delete from link where expires_at < ?')
  return {
    addLink: db.transaction((link: NewLink, actor: Actor): void => {
      const { id, hash, kind, email, isMailed, madeBy, createdAt, expiresAt } = link
      const [organizationId, role] = link.kind === 'invitation' ? [link.organizationId, link.role] : [null, null]
      const personId = isOfAddress(link) ? link.personId : null
      if (kind === 'email') replaceAddress.run(createdAt, personId, createdAt)
      else if (!isForAnybodyToAsk(link)) replace.run(createdAt, kind, email, organizationId, createdAt)
      insert.run(id, hash, kind, email, organizationId, role, personId, Number(isMailed), madeBy, createdAt, expiresAt)
      note({ at: createdAt, actor, ...whatOf(link), action: `${kind}.link-made`, after: factsOf(link) })
    }),
    /** null where there is none, where it was used, revoked or replaced, and where its time is over. */
    linkOf: (hash: string, kind: LinkKind, now: number): Link | null => linkOf(look.get(hash, kind, now)),
    /** Uses it up: of those who try at once, one has it. Throws `link-not-valid`. */
    useLink(hash: string, kind: LinkKind, now: number): Link {
      const link = linkOf(use.get(now, hash, kind, now))
      if (!link)
        throw new PeopleRefusal(
          'link-not-valid',
          'This link does not work any more: it was used, or its time is over. Ask for another.',
        )
      return link
    },
    hasOpenLink: (kind: LinkKind, email: string, now: number): boolean => open.get(kind, email, now) !== null,
    /** Ends those to an address, of which one was used, or none is needed any more. */
    revokeLinks: (kind: LinkKind, email: string, at: number): void => void replace.run(at, kind, email, null, at),
    invitationsOf: (organizationId: string, now: number): Invitation[] =>
      invitations.all(organizationId, now).map((row) => linkOf(row) as Invitation),
    isInvited: (email: string, now: number): boolean => invited.get(email, now) !== null,
    /** Throws `not-found`. */
    revokeInvitation: db.transaction((organizationId: string, id: string, { actor, at }: Change): void => {
      const link = linkOf(revoke.get(at, organizationId, id, at))
      if (!link) throw new PeopleRefusal('not-found', 'There is no such invitation any more.')
      note({ at, actor, ...whatOf(link), action: 'invitation.revoked', before: factsOf(link) })
    }),
    /** What ended before then. */
    forgetLinks: (endedBefore: number): void => void forget.run(endedBefore),
  }
}

const isOfAddress = (link: Link): link is Extract<Link, { kind: AddressKind }> =>
  link.kind === 'email' || link.kind === 'email-undo'

// And nobody takes away what gives an address back.
const isForAnybodyToAsk = ({ kind, isMailed }: Link): boolean =>
  kind === 'email-undo' || (isMailed && (kind === 'password' || kind === 'sign-up'))

const whatOf = (link: Link) => ({
  subject: isOfAddress(link) ? link.personId : link.id,
  organizationId: link.kind === 'invitation' ? link.organizationId : null,
})

const factsOf = (link: Link): Facts => ({
  ...(link.email !== null && { email: link.email }),
  ...(link.kind === 'invitation' && { role: link.role }),
})

const linkOf = (row: Row | null): Link | null =>
  row &&
  ({
    ...row,
    isMailed: row.isMailed === 1n,
    createdAt: Number(row.createdAt),
    expiresAt: Number(row.expiresAt),
  } as Link)
