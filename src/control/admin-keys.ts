/** The part of the admin API that makes and changes virtual keys. A change holds on this node the moment it is answered. */
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { newKey, replacedSecretsMax, rotation } from '../keys/virtual-key.ts'
import type { Actor, KeyChanges, KeyRow } from '../store/store.ts'
import { organizationOf, type AdminDeps } from './admin-deps.ts'
import { AdminError } from './admin-error.ts'
import type { KeyJson, KeyOptionsJson, KeyWithSecret, ListedKeyJson, ListJson, PassJson } from './contract.ts'
import { budgetJson, gaugesJson, isoOrNull, keyJson } from './json-shapes.ts'
import { changesOf, graceMsOf, KeyInput, NewKeyInput, RotateInput, termsOf } from './key-input.ts'
import { modeOr } from './mode-input.ts'
import type { Operators } from './operators.ts'
import { readBody } from './read-input.ts'

export function addKeyRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  const mayChange = operators.needs('keys')
  api.post('/organizations/:id/keys', mayChange, async (c) => {
    const input = await readBody(c.req.raw, NewKeyInput)
    const { id } = await organizationOf(deps, c.req.param('id'))
    return c.json<KeyWithSecret>(await createKey(deps, { organizationId: id, input, actor: operators.actorOf(c) }), 201)
  })
  api.get('/organizations/:id/keys', async (c) => {
    const { id } = await organizationOf(deps, c.req.param('id'))
    return c.json<ListJson<ListedKeyJson>>({ data: await listedKeys(deps, id, await deps.store.keys(id)) })
  })
  api.get('/keys/:id', async (c) => {
    const row = await keyOf(deps, c.req.param('id'))
    const [listed] = await listedKeys(deps, row.organizationId, [row])
    return c.json<ListedKeyJson>(listed!)
  })
  api.get('/key-options', (c) => c.json<KeyOptionsJson>(optionsOf(deps)))
  addChangeRoutes(api, deps, operators)
}

const optionsOf = ({ catalog, endpoints, fleet, keyDefaults }: AdminDeps): KeyOptionsJson => ({
  regions: Object.keys(fleet.policies),
  endpoints,
  models: catalog.listed.map(({ id, kind, dialect }) => ({ id, kind, dialect })),
  defaults: keyDefaults,
})

/** Keys of one organization with what is used of them, requests that have just ended included. */
async function listedKeys(
  deps: AdminDeps,
  organizationId: string,
  rows: readonly KeyRow[],
): Promise<readonly ListedKeyJson[]> {
  await deps.ship()
  const uses = await deps.store.lastUses(organizationId)
  const lastUsedAt = new Map(uses.map(({ keyId, at }) => [keyId, at]))
  const now = deps.clock.now()
  return rows.map((row) => ({
    ...keyJson(row, now),
    ...budgetJson(deps.limits.budget(row)),
    lastUsedAt: isoOrNull(lastUsedAt.get(row.id) ?? null),
    gauges: gaugesJson(deps.limits.standings(row), deps.limits.inFlight(row.id)),
  }))
}

const NothingMore = z.strictObject({})

function addChangeRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  const mayChange = operators.needs('keys')
  const change = changesInTurn(deps, operators)
  api.patch('/keys/:id', mayChange, async (c) => {
    const input = await readBody(c.req.raw, KeyInput)
    const row = await change(c, (key, now) => {
      refuseRevoked(key)
      return changesOf(input, factsOf(deps, now))
    })
    return c.json<KeyJson>(keyJson(row, deps.clock.now()))
  })
  api.post('/keys/:id/rotate', mayChange, async (c) => {
    const { grace } = await readBody(c.req.raw, RotateInput)
    let secret = ''
    const row = await change(c, (key, now) => {
      refuseRevoked(key)
      const rotated = rotation(key, graceMsOf(grace), now)
      if (rotated.secret === null) throw tooManySecrets(rotated.firstEndsAt)
      secret = rotated.secret
      return rotated.changes
    })
    return c.json<KeyWithSecret>({ ...keyJson(row, deps.clock.now()), key: secret })
  })
  // For a person at a page who may use the key, and who need not be given its own secret for that.
  api.post('/keys/:id/passes', mayChange, async (c) => {
    await readBody(c.req.raw, NothingMore)
    const key = await keyOf(deps, c.req.param('id'))
    refuseRevoked(key)
    const pass = deps.keys.lend(key.id)
    if (pass === null) throw new AdminError('too_many_passes')
    const { id: subject, organizationId } = key
    const after = { until: new Date(pass.until).toISOString() }
    const actor = operators.actorOf(c)
    await deps.store.recordAudit({ actor, action: 'key.lent', organizationId, subject, before: null, after })
    return c.json<PassJson>({ ...pass, until: new Date(pass.until).toISOString() }, 201)
  })
  api.post('/keys/:id/revoke', mayChange, async (c) => {
    await readBody(c.req.raw, NothingMore)
    const row = await change(c, (key, now) => (key.revokedAt === null ? { revokedAt: now } : {}))
    return c.json<KeyJson>(keyJson(row, deps.clock.now()))
  })
}

const tooManySecrets = (firstEndsAt: number): AdminError =>
  new AdminError('too_many_secrets', {
    message:
      `This key has ${replacedSecretsMax} earlier secrets that still work, which is the most there may be; the first of them ends at ${new Date(firstEndsAt).toISOString()}. ` +
      'Rotate then, or without a grace now, which ends all of them at once.',
  })

function refuseRevoked(key: KeyRow): void {
  if (key.revokedAt !== null) throw new AdminError('key_revoked')
}

const factsOf = ({ catalog: models, endpoints, fleet }: AdminDeps, now: number) => ({
  models,
  endpoints,
  regions: Object.keys(fleet.policies),
  now,
})

type NewKey = { readonly organizationId: string; readonly input: NewKeyInput; readonly actor: Actor }

async function createKey(deps: AdminDeps, { organizationId, input, actor }: NewKey): Promise<KeyWithSecret> {
  const now = deps.clock.now()
  const { mode: asked, ...terms } = input
  const owner = { organizationId, mode: modeOr(asked, deps) }
  const { row, secret } = newKey(owner, termsOf(terms, deps.keyDefaults, factsOf(deps, now)), now)
  await deps.store.createKey(row, actor)
  publish(deps, row)
  return { ...keyJson(row, now), key: secret }
}

/**
 * Changes one key after the other: two rotations at once would each replace the same secret, and one
 * caller would be handed a secret that never works.
 */
function changesInTurn(deps: AdminDeps, { actorOf }: Operators) {
  let last: Promise<unknown> = Promise.resolve()
  return (c: Context, changesFor: ChangesFor): Promise<KeyRow> => {
    const turn = last.then(() => changeKey(deps, { id: c.req.param('id')!, changesFor, actor: actorOf(c) }))
    last = turn.catch(saidToItsCaller)
    return turn
  }
}

const saidToItsCaller = (): void => undefined

type ChangesFor = (key: KeyRow, now: number) => KeyChanges
type KeyChange = { readonly id: string; readonly changesFor: ChangesFor; readonly actor: Actor }

async function changeKey(deps: AdminDeps, { id, changesFor, actor }: KeyChange): Promise<KeyRow> {
  const key = await keyOf(deps, id)
  const changes = changesFor(key, deps.clock.now())
  if (Object.keys(changes).length === 0) return key
  const row = await deps.store.updateKey(id, changes, actor)
  publish(deps, row)
  return row
}

async function keyOf({ store }: AdminDeps, id: string): Promise<KeyRow> {
  const key = (await store.keys()).find((known) => known.id === id)
  if (!key) throw new AdminError('key_not_found')
  return key
}

function publish(deps: AdminDeps, row: KeyRow): void {
  deps.keys.put(row)
  deps.onKeyChanged?.(row)
}
