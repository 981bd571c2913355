/** The admin API for callers inside this process, who have seen to it themselves who may do what. */
import type { Context, Hono } from 'hono'
import type { Actor } from '../store/store.ts'

export type AdminCall = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Behind `/api/admin`, with its query, such as `/organizations/org_…`. */
  readonly path: string
  readonly body?: unknown
  /** For whom it is asked, which the audit log keeps. */
  readonly actor: Actor
}
export type AdminReply = { readonly status: number; readonly json: unknown }
export type InsideAdmin = (call: AdminCall) => Promise<AdminReply>

/** Asks the admin API without a socket and without a token. */
export const insideAdmin =
  (api: Hono): InsideAdmin =>
  async ({ method, path, body, actor }) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const env: InsideEnv = { actor }
    const response = await api.request(path, { method, ...sent }, env)
    return { status: response.status, json: await response.json() }
  }

/** What no request from outside can bring: it is no part of a request. */
type InsideEnv = { readonly actor?: Actor }

/** For whom a call from inside is made; null for one from outside. */
export const insideActor = (c: Context): Actor | null => (c.env as InsideEnv | undefined)?.actor ?? null
