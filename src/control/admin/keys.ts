/** The part of the admin API that makes and changes virtual keys. A change holds on this node the moment it is answered. */
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { newKey } from '../../keys/virtual-key.ts'
import { inBackground } from '../../lib/log.ts'
import type { Actor, KeyRow } from '../../store/store.ts'
import { organizationOf, type AdminDeps } from './deps.ts'
import { AdminError } from './error.ts'
import type { KeyJson, KeyOptionsJson, KeyWithSecret, ListedKeyJson, ListJson, PassJson } from '../contract.ts'
import { budgetJson, gaugesJson, isoOrNull, keyJson, keyStateOf, keyStates } from './json-shapes.ts'
import { changesOf, graceMsOf, KeyInput, NewKeyInput, RotateInput, termsOf } from './key-input.ts'
import { modeOr } from './mode-input.ts'
import {
  factsOf,
  keyOf,
  publish,
  refuseRevoked,
  rotated,
  updateOf,
  type ChangeKey,
  type KeyChange,
} from './key-changes.ts'
import type { Operators } from './operators.ts'
import { readBody, readFields } from './read-input.ts'

/** Of those that have ended there may be many more than of those that work. */
const ListParameters = z.strictObject({ state: z.enum(keyStates).optional() })

type Made = { readonly deps: AdminDeps; readonly operators: Operators; readonly changeKey: ChangeKey }

export function addKeyRoutes(api: Hono, { deps, operators, changeKey }: Made): void {
  const mayChange = operators.needs('keys')
  api.post('/organizations/:id/keys', mayChange, async (c) => {
    const input = await readBody(c.req.raw, NewKeyInput)
    const { id } = await organizationOf(deps, c.req.param('id'))
    return c.json<KeyWithSecret>(await createKey(deps, { organizationId: id, input, actor: operators.actorOf(c) }), 201)
  })
  api.get('/organizations/:id/keys', async (c) => {
    const { state } = readFields(c.req.query(), ListParameters)
    const { id } = await organizationOf(deps, c.req.param('id'))
    const now = deps.clock.now()
    const rows = (await deps.store.keys(id)).filter((row) => state === undefined || keyStateOf(row, now) === state)
    return c.json<ListJson<ListedKeyJson>>({ data: await listedKeys(deps, id, rows) })
  })
  api.get('/keys/:id', async (c) => {
    const row = await keyOf(deps, c.req.param('id'))
    const [listed] = await listedKeys(deps, row.organizationId, [row])
    return c.json<ListedKeyJson>(listed!)
  })
  api.get('/key-options', (c) => c.json<KeyOptionsJson>(optionsOf(deps)))
  addChangeRoutes(api, { deps, operators, changeKey })
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
const EndedPasses = z.strictObject({ personId: z.string('the id of a person'), organizationId: z.string().nullable() })

function addChangeRoutes(api: Hono, { deps, operators, changeKey }: Made): void {
  const mayChange = operators.needs('keys')
  const change = (c: Context, changesFor: KeyChange['changesFor']): Promise<KeyRow> => {
    const id = c.req.param('id')!
    return changeKey({ id, changesFor, write: updateOf(deps, id, operators.actorOf(c)) })
  }
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
      const made = rotated(key, graceMsOf(grace), now)
      secret = made.secret
      return made.changes
    })
    return c.json<KeyWithSecret>({ ...keyJson(row, deps.clock.now()), key: secret })
  })
  // For a person at a page who may use the key, and who need not be given its own secret for that.
  api.post('/keys/:id/passes', mayChange, async (c) => {
    await readBody(c.req.raw, NothingMore)
    const key = await keyOf(deps, c.req.param('id'))
    refuseRevoked(key)
    const actor = operators.actorOf(c)
    const pass = deps.keys.lend(key.id, actor.kind === 'person' ? actor.id : null)
    if (pass === null) throw new AdminError('too_many_passes')
    const { id: subject, organizationId } = key
    const after = { until: new Date(pass.until).toISOString() }
    await deps.store.recordAudit({ actor, action: 'key.lent', organizationId, subject, before: null, after })
    return c.json<PassJson>({ ...pass, until: new Date(pass.until).toISOString() }, 201)
  })
  // Of whoever may use them no more. What took that from them is in the audit log.
  api.post('/passes/end', mayChange, async (c) => {
    const { personId, organizationId } = await readBody(c.req.raw, EndedPasses)
    deps.keys.endPasses(personId, organizationId)
    return c.json({})
  })
  api.post('/keys/:id/revoke', mayChange, async (c) => {
    await readBody(c.req.raw, NothingMore)
    let isNew = false
    const row = await change(c, (key, now) => {
      isNew = key.revokedAt === null
      return isNew ? { revokedAt: now } : {}
    })
    if (isNew) tellOf(deps, row, 'key.revoked')
    return c.json<KeyJson>(keyJson(row, deps.clock.now()))
  })
}

/** Keys of an organization that its members make: all of them are in memory. Operators have no ceiling. */
const keysMax = 1_000

type NewKey = { readonly organizationId: string; readonly input: NewKeyInput; readonly actor: Actor }

async function createKey(deps: AdminDeps, { organizationId, input, actor }: NewKey): Promise<KeyWithSecret> {
  const now = deps.clock.now()
  const { mode: asked, ...terms } = input
  const owner = { organizationId, mode: modeOr(asked, deps) }
  const { row, secret } = newKey(owner, termsOf(terms, deps.keyDefaults, factsOf(deps, now)), now)
  await deps.store.createKey(row, actor, ...(actor.kind === 'person' ? [keysMax] : []))
  publish(deps, row)
  tellOf(deps, row, 'key.created')
  return { ...keyJson(row, now), key: secret }
}

/** Whoever wants to be told of keys is; the change is done, whatever becomes of that. */
function tellOf({ store, log }: AdminDeps, row: KeyRow, event: 'key.created' | 'key.revoked'): void {
  const { id: keyId, organizationId, mode, name, prefix } = row
  inBackground(log, 'tell-webhooks', async () => {
    await store.tell({ organizationId, event, data: { organizationId, keyId, mode, name, prefix } })
  })
}
