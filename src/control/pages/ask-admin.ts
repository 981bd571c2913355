/** The admin API as a page asks it. */
import type { Actor } from '../../store/store.ts'
import type { ErrorJson } from '../contract.ts'
import type { InsideAdmin } from '../inside-admin.ts'
import type { Asked } from './page-route.ts'
import type { EndPasses } from './people-port.ts'

/** What the admin API refused, as it said it. */
export class RefusedByAdmin extends Error {
  readonly status: number
  readonly json: ErrorJson

  constructor(status: number, json: ErrorJson) {
    super(`the admin API refused: ${json.error.code}`)
    this.name = 'RefusedByAdmin'
    this.status = status
    this.json = json
  }
}

/** Throws `RefusedByAdmin` for whatever is no success. */
export const askAdmin =
  (admin: InsideAdmin, actor: Actor): Asked['admin'] =>
  async <Json>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) => {
    const { status, json } = await admin({ method, path, body, actor })
    if (status >= 400) throw new RefusedByAdmin(status, json as ErrorJson)
    return json as Json
  }

/** A path with the query that it is asked with; what is undefined is left out. */
export function pathOf(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.append(name, String(value))
  return search.size === 0 ? path : `${path}?${search.toString()}`
}

/** Passes are in the memory of the data plane, and it ends them. */
export const endPassesBy =
  (admin: InsideAdmin): EndPasses =>
  async (personId, organizationId) => {
    const actor = { kind: 'server', id: null, name: 'pages' } as const
    await askAdmin(admin, actor)('POST', '/passes/end', { personId, organizationId })
  }
