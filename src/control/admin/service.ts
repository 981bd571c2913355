/** The part of the admin API where organizations ask for what only operators give, and operators answer. */
import { randomUUID } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { graceMsOf, changesOf } from './key-input.ts'
import type { KeyChanges, KeyRow, ServiceRequest, ServiceRequestEnd } from '../../store/store.ts'
import { organizationOf, type AdminDeps } from './deps.ts'
import { AdminError } from './error.ts'
import type { ListJson } from '../contract.ts'
import type { ApprovedServiceRequestJson, ServiceRequestJson } from '../contract-service.ts'
import { serviceRequestJson } from './json-shapes.ts'
import { factsOf, keyOf, refuseRevoked, rotated, type ChangeKey } from './key-changes.ts'
import type { Operators } from './operators.ts'
import { invalid, readBody, readFields } from './read-input.ts'
import {
  ApprovalInput,
  DeclineInput,
  Given,
  NothingMore,
  ServiceRequestInput,
  ServiceRequestParameters,
} from './service-input.ts'

/** Open ones of one organization. */
const openMax = 20
const listedMax = 100

type Made = { readonly deps: AdminDeps; readonly operators: Operators; readonly changeKey: ChangeKey }

export function addServiceRoutes(api: Hono, { deps, operators, changeKey }: Made): void {
  const isAdmin = operators.needs('admin')
  const list = async (c: Context, organizationId: string | null) => {
    const { state = null, before = null } = readFields(c.req.query(), ServiceRequestParameters)
    const found = await deps.store.serviceRequests({ organizationId, state, beforeId: before, max: listedMax })
    return c.json<ListJson<ServiceRequestJson>>({ data: await Promise.all(found.map((each) => jsonOf(deps, each))) })
  }
  api.get('/service-requests', (c) => list(c, null))
  api.get('/organizations/:id/service-requests', async (c) =>
    list(c, (await organizationOf(deps, c.req.param('id'))).id),
  )
  api.get('/service-requests/:id', async (c) =>
    c.json<ServiceRequestJson>(await jsonOf(deps, await requestOf(deps, c.req.param('id')))),
  )
  api.post('/organizations/:id/service-requests', isAdmin, async (c) => {
    const input = await readBody(c.req.raw, ServiceRequestInput)
    const { id } = await organizationOf(deps, c.req.param('id'))
    const request = { ...(await newRequest(deps, id, input)), madeBy: operators.actorOf(c) }
    await deps.store.createServiceRequest(request, openMax)
    return c.json<ServiceRequestJson>(await jsonOf(deps, request), 201)
  })
  const end = async (c: Context, ending: ServiceRequestEnd): Promise<ServiceRequestJson> => {
    const { request } = await deps.store.endServiceRequest(c.req.param('id')!, ending, operators.actorOf(c))
    return jsonOf(deps, request)
  }
  api.post('/service-requests/:id/withdraw', isAdmin, async (c) => {
    await readBody(c.req.raw, NothingMore)
    return c.json<ServiceRequestJson>(await end(c, { state: 'withdrawn', note: null, key: null }))
  })
  api.post('/service-requests/:id/decline', isAdmin, async (c) => {
    const { note } = await readBody(c.req.raw, DeclineInput)
    return c.json<ServiceRequestJson>(await end(c, { state: 'declined', note, key: null }))
  })
  api.post('/service-requests/:id/approve', isAdmin, async (c) => {
    const approval = await readBody(c.req.raw, ApprovalInput)
    const request = await requestOf(deps, c.req.param('id'))
    if (request.keyId === null || request.kind === 'other') {
      const json = await end(c, { state: 'approved', note: approval.note, key: null })
      return c.json<ApprovedServiceRequestJson>({ ...json, key: null })
    }
    return c.json<ApprovedServiceRequestJson>(
      await approve({ deps, operators, changeKey }, c, { ...request, keyId: request.keyId }, approval),
    )
  })
}

/** With the name of its key, as people know it. */
const jsonOf = async ({ store }: AdminDeps, request: ServiceRequest): Promise<ServiceRequestJson> =>
  serviceRequestJson(request, request.keyId === null ? null : await store.key(request.keyId))

async function requestOf({ store }: AdminDeps, id: string): Promise<ServiceRequest> {
  const request = await store.serviceRequest(id)
  if (!request) throw new AdminError('service_request_not_found')
  return request
}

/** Throws for what it lacks, and for what it asks of a key that is not the organization's. */
async function newRequest(
  deps: AdminDeps,
  organizationId: string,
  { kind, keyId, limits = {}, message }: ServiceRequestInput,
): Promise<Omit<ServiceRequest, 'madeBy'>> {
  if (kind === 'other' ? message === '' : keyId === null)
    throw kind === 'other'
      ? invalid('message', 'said, where the kind is other')
      : invalid('keyId', `the id of a key, for ${kind}`)
  if (kind === 'raise-limit' && Object.keys(limits).length === 0)
    throw invalid('limits', 'at least one of rpm, tpm, concurrency and budget, for raise-limit')
  if (kind !== 'raise-limit' && Object.keys(limits).length > 0)
    throw invalid('limits', 'left out, unless the kind is raise-limit')
  if (keyId !== null) {
    const key = await keyOf(deps, keyId)
    if (key.organizationId !== organizationId) throw new AdminError('key_not_found')
    refuseRevoked(key)
  }
  const now = deps.clock.now()
  const asked = kind === 'enable-eu' ? { region: 'eu' } : limits
  // Checked now, so that whoever asks hears what is wrong, and not the operator.
  changesOf(asked, factsOf(deps, now))
  return {
    id: `srq_${randomUUID().replaceAll('-', '')}`,
    organizationId,
    kind,
    keyId,
    asked,
    message,
    state: 'open',
    madeAt: now,
    answer: null,
    endedAt: null,
  }
}

type OfKey = ServiceRequest & { readonly keyId: string }

/** Changes the key and ends the request in one go. `key` is the new secret of one that was rotated: it is in this one answer and nowhere else. */
async function approve(
  { deps, operators, changeKey }: Made,
  c: Context,
  request: OfKey,
  { note, given, grace }: ApprovalInput,
): Promise<ApprovedServiceRequestJson> {
  let secret: string | null = null
  let ended: ServiceRequest | null = null
  const changesFor = (key: KeyRow, now: number): KeyChanges => {
    refuseRevoked(key)
    if (request.kind !== 'rotate-exposed-key')
      return changesOf(given ?? readFields(request.asked, Given), factsOf(deps, now))
    const made = rotated(key, graceMsOf(grace), now)
    secret = made.secret
    return made.changes
  }
  const write = async (changes: KeyChanges): Promise<KeyRow> => {
    const ending: ServiceRequestEnd = { state: 'approved', note, key: { id: request.keyId, changes } }
    const done = await deps.store.endServiceRequest(request.id, ending, operators.actorOf(c))
    ended = done.request
    return done.key!
  }
  await changeKey({ id: request.keyId, changesFor, write })
  return { ...(await jsonOf(deps, ended!)), key: secret }
}
