/** Changing keys: one after the other, and each holds on this node the moment it is answered. */
import { replacedSecretsMax, rotation } from '../../keys/virtual-key.ts'
import { createAtOnce } from '../../lib/at-once.ts'
import type { Actor, KeyChanges, KeyRow } from '../../store/store.ts'
import type { AdminDeps } from './deps.ts'
import { AdminError } from './error.ts'

export type KeyChange = {
  readonly id: string
  /** Throws what keeps it from being changed. */
  readonly changesFor: (key: KeyRow, now: number) => KeyChanges
  /** Writes what is changed into the store, and gives the key as it is then. */
  readonly write: (changes: KeyChanges) => Promise<KeyRow>
}
export type ChangeKey = (change: KeyChange) => Promise<KeyRow>

/**
 * Changes one key after the other: two rotations at once would each replace the same secret, and one
 * caller would be handed a secret that never works.
 */
export function changesInTurn(deps: AdminDeps): ChangeKey {
  const inTurn = createAtOnce(1)
  return ({ id, changesFor, write }) =>
    inTurn(async () => {
      const key = await keyOf(deps, id)
      const row = await write(changesFor(key, deps.clock.now()))
      publish(deps, row)
      return row
    })
}

/** Throws `key_not_found`. */
export async function keyOf({ store }: Pick<AdminDeps, 'store'>, id: string): Promise<KeyRow> {
  const key = await store.key(id)
  if (!key) throw new AdminError('key_not_found')
  return key
}

/** Makes a key that is in the store known on this node. */
export function publish(deps: Pick<AdminDeps, 'keys' | 'onKeyChanged'>, row: KeyRow): void {
  deps.keys.put(row)
  deps.onKeyChanged?.(row)
}

/** Throws `key_revoked`. */
export function refuseRevoked(key: KeyRow): void {
  if (key.revokedAt !== null) throw new AdminError('key_revoked')
}

/** A new secret for a key, and what that changes. Throws `too_many_secrets`. */
export function rotated(key: KeyRow, graceMs: number, now: number) {
  const made = rotation(key, graceMs, now)
  if (made.secret === null) throw tooManySecrets(made.firstEndsAt)
  return made
}

const tooManySecrets = (firstEndsAt: number): AdminError =>
  new AdminError('too_many_secrets', {
    message:
      `This key has ${replacedSecretsMax} earlier secrets that still work, which is the most there may be; the first of them ends at ${new Date(firstEndsAt).toISOString()}. ` +
      'Rotate then, or without a grace now, which ends all of them at once.',
  })

/** What the terms of a key are checked against. */
export const factsOf = ({ catalog: models, endpoints, fleet }: AdminDeps, now: number) => ({
  models,
  endpoints,
  regions: Object.keys(fleet.policies),
  now,
})

/** What a change of the store's is that may be none. */
export const updateOf =
  ({ store }: Pick<AdminDeps, 'store'>, key: string, actor: Actor): KeyChange['write'] =>
  async (changes) =>
    Object.keys(changes).length === 0 ? keyOf({ store }, key) : store.updateKey(key, changes, actor)
