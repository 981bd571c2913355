/** Resources: see `ResourceStore`. Every statement that looks for one is by its organization, mode and kind. */
import type { Database } from 'bun:sqlite'
import { assert } from '../../lib/assert.ts'
import {
  madeBy,
  narrowedMax,
  objectCharsMax,
  pageCharsMax,
  type KeptResource,
  type Labels,
  type MadeResource,
  type Maker,
  type Resource,
  type ResourceChanges,
  type ResourceKey,
  type ResourcePage,
  type ResourceQuery,
} from '../resources.ts'

type Row = {
  number: bigint
  organization_id: string
  mode: Resource['mode']
  kind: Resource['kind']
  id: string
  key_id: string
  provider: string
  region: string
  deployment: string
  upstream_id: string
  model: string | null
  request_id: string | null
  parent: string | null
  labels: string | null
  created_at: bigint
  expires_at: bigint | null
}
type ObjectRow = Row & { object: string | null }
type Value = string | number | bigint | null

const columns = `number, organization_id, mode, kind, id, key_id, provider, region, deployment, upstream_id, model,
  request_id, parent, labels, created_at, expires_at`
const upsertResource = `
  insert into resource (organization_id, mode, kind, id, key_id, provider, region, deployment, upstream_id, model,
    request_id, parent, labels, created_at, expires_at, object)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, iif(json_valid(?16), ?16, null))
  on conflict (organization_id, mode, kind, id) do update set key_id = excluded.key_id, provider = excluded.provider,
    region = excluded.region, deployment = excluded.deployment, upstream_id = excluded.upstream_id,
    model = excluded.model, request_id = excluded.request_id, parent = excluded.parent, labels = excluded.labels,
    created_at = excluded.created_at, expires_at = excluded.expires_at, object = excluded.object, deleted_at = null`
/** What was put there when it was made stays, and so does its deletion since. */
const noteResource = `${upsertResource}
  where resource.created_at <> excluded.created_at or resource.provider <> excluded.provider
    or resource.upstream_id <> excluded.upstream_id`
const isNamed = 'organization_id = ?1 and mode = ?2 and kind = ?3 and id = ?4'
const isAlive = (at: string): string => `deleted_at is null and (expires_at is null or expires_at > ${at})`
const selectAlive = `select ${columns}, object from resource where ${isNamed} and ${isAlive('?5')}`
const updateAlive = `
  update resource set labels = ?6, expires_at = ?7, object = iif(json_valid(?8), ?8, null)
  where ${isNamed} and ${isAlive('?5')} returning ${columns}, object`
const deleteAlive = `update resource set deleted_at = ?5, object = null where ${isNamed} and ${isAlive('?5')}`
const selectPlace = `select created_at, number from resource where ${isNamed}`
/** Between two places, in either direction. */
const selectPage = (direction: 'asc' | 'desc'): string => `
  select ${columns}, object from (
    select * from resource
    where organization_id = ?1 and mode = ?2 and kind = ?3 and ${isAlive('?4')}
      and (created_at, number) > (?5, ?6) and (created_at, number) < (?7, ?8)
    order by created_at ${direction}, number ${direction} limit ${narrowedMax}) as near
  where (?9 is null or model = ?9) and not exists (
    select 1 from json_each(?10) as wanted where not exists (
      select 1 from json_each(coalesce(near.labels, '{}')) as label where label.key = wanted.key and label.value = wanted.value))
  order by created_at ${direction}, number ${direction} limit ?11`
const deleteGone = `
  delete from resource where number in (
    select number from resource where coalesce(deleted_at, expires_at) < ? order by coalesce(deleted_at, expires_at) limit ?)`

export type Resources = ReturnType<typeof prepareResources>

/** Prepares the resource statements on a connection. */
export function prepareResources(db: Database) {
  const upsert = db.prepare<unknown, Value[]>(upsertResource)
  const note = db.prepare<unknown, Value[]>(noteResource)
  const alive = db.prepare<ObjectRow, Value[]>(selectAlive)
  const change = db.prepare<ObjectRow, Value[]>(updateAlive)
  const remove = db.prepare<unknown, Value[]>(deleteAlive)
  const place = db.prepare<Place, string[]>(selectPlace)
  const pages = {
    asc: db.prepare<ObjectRow, Value[]>(selectPage('asc')),
    desc: db.prepare<ObjectRow, Value[]>(selectPage('desc')),
  }
  const forget = db.prepare<unknown, [number, number]>(deleteGone)
  const update = db.transaction((key: ResourceKey, changes: ResourceChanges, at: number): KeptResource | null => {
    const row = alive.get(...named(key), at)
    if (!row) return null
    const changed = { ...keptOf(row), ...changes }
    const { labels, expiresAt, object } = changed
    return keptOf(change.get(...named(key), at, labelsText(labels), expiresAt, bounded(object))!)
  })
  const list = db.transaction((query: ResourceQuery): ResourcePage | null => {
    const [after, before] = [query.after, query.before].map((id) =>
      id === null ? undefined : place.get(query.organizationId, query.mode, query.kind, id),
    )
    if (after === null || before === null) return null
    // Asked for by what it ends before, a page is what stands nearest to that.
    const isBackwards = query.after === null && query.before !== null
    const direction = (query.order === 'asc') === isBackwards ? 'desc' : 'asc'
    const [low, high] = query.order === 'asc' ? [after, before] : [before, after]
    const { organizationId, mode, kind, at, model, labels, limit } = query
    const rows = pages[direction].iterate(
      organizationId,
      mode,
      kind,
      at,
      ...placeOf(low, lowest),
      ...placeOf(high, highest),
      model,
      JSON.stringify(labels),
      limit + 1,
    )
    const { resources, hasMore } = pageOf(rows, limit)
    return { resources: isBackwards ? resources.toReversed() : resources, hasMore }
  })

  return {
    /** Inside the caller's transaction, or in one of its own. */
    create: (resource: KeptResource): void => void upsert.run(...valuesOf(resource)),
    /** What a settled request has made; without labels that are too long, for its charge must be taken whatever they are. */
    note(made: MadeResource, maker: Maker): void {
      const labels = isKeepable(made.labels) ? made.labels : {}
      note.run(...valuesOf({ ...madeBy(made, maker), labels, object: null }))
    },
    find: (keys: readonly ResourceKey[], at: number): (Resource | null)[] =>
      keys.map((key) => {
        const row = alive.get(...named(key), at)
        return row && resourceOf(row)
      }),
    list: (query: ResourceQuery): ResourcePage | null => list.deferred(query),
    update: (key: ResourceKey, changes: ResourceChanges, at: number): KeptResource | null =>
      update.immediate(key, changes, at),
    delete: (key: ResourceKey, at: number): boolean => remove.run(...named(key), at).changes === 1,
    forget: (before: number, max: number): number => forget.run(before, max).changes,
  }
}

/** As many as are asked for, or as there is room for on a page. */
function pageOf(rows: Iterable<ObjectRow>, limit: number): ResourcePage {
  const resources: KeptResource[] = []
  let chars = 0
  for (const row of rows) {
    chars += row.object?.length ?? 0
    if (resources.length === limit || (resources.length > 0 && chars > pageCharsMax))
      return { resources, hasMore: true }
    resources.push(keptOf(row))
  }
  return { resources, hasMore: false }
}

type Place = { readonly created_at: bigint; readonly number: bigint }
const lowest: Place = { created_at: -1n, number: -1n }
const highest: Place = { created_at: 1n << 62n, number: 1n << 62n }
const placeOf = (place: Place | undefined, otherwise: Place): Value[] => {
  const { created_at: createdAt, number } = place ?? otherwise
  return [createdAt, number]
}

const named = ({ organizationId, mode, kind, id }: ResourceKey): [string, string, string, string] => [
  organizationId,
  mode,
  kind,
  id,
]

const valuesOf = (resource: KeptResource): Value[] => [
  ...named(resource),
  resource.keyId,
  resource.provider,
  resource.region,
  resource.deployment,
  resource.upstreamId,
  resource.model,
  resource.requestId,
  resource.parent,
  labelsText(resource.labels),
  resource.createdAt,
  resource.expiresAt,
  bounded(resource.object),
]

const bounded = (object: string | null): string | null =>
  object !== null && object.length <= objectCharsMax ? object : null

const isKeepable = (labels: Labels): boolean => JSON.stringify(labels).length <= objectCharsMax

function labelsText(labels: Labels): string | null {
  assert(isKeepable(labels), `the labels of a resource have at most ${objectCharsMax} characters`)
  const text = JSON.stringify(labels)
  return text === '{}' ? null : text
}

const resourceOf = (row: Row): Resource => ({
  organizationId: row.organization_id,
  mode: row.mode,
  kind: row.kind,
  id: row.id,
  keyId: row.key_id,
  provider: row.provider,
  region: row.region,
  deployment: row.deployment,
  upstreamId: row.upstream_id,
  model: row.model,
  requestId: row.request_id,
  parent: row.parent,
  labels: row.labels === null ? {} : (JSON.parse(row.labels) as Labels),
  createdAt: Number(row.created_at),
  expiresAt: row.expires_at === null ? null : Number(row.expires_at),
})

const keptOf = (row: ObjectRow): KeptResource => ({ ...resourceOf(row), object: row.object })
