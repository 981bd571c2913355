/** A route of the pages' API as a value: who may use it, what it takes and gives, and what it does. */
import type { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Reports } from '../../reporting/reports.ts'
import type { Actor } from '../../store/store.ts'
import type { InsideAdmin } from '../inside-admin.ts'
import type { People, Person } from './people-port.ts'
import type { Access, Permission } from './roles.ts'

/** `nobody`: whoever asks; `signed-in`: any person; a permission: members of `{organization}` whose role has it. */
export type Needs = Permission | 'operator' | 'signed-in' | 'nobody'

/** What the pages work with. */
export type PagesDeps = {
  readonly people: People
  readonly reports: Reports
  readonly admin: InsideAdmin
  /** Brings what was journaled so far into the store, so that it can be read. */
  readonly ship: () => Promise<void>
  /** As configured, without a slash at the end. */
  readonly publicUrl: string | null
  readonly clock: Clock
  readonly log: Log
}

/** What an answer is that is no JSON, such as `text/csv` or `text/event-stream`: the route gives a `Response`. */
export type MediaType = `${'text' | 'application' | 'image' | 'video'}/${string}`

type Input = z.ZodType | null
type Read<Schema extends Input> = Schema extends z.ZodType ? z.output<Schema> : null

type ParamNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never

/** What a route is asked. */
export type Asked<
  Path extends string = string,
  N extends Needs = Needs,
  Query extends Input = Input,
  Body extends Input = Input,
> = {
  readonly params: Readonly<Record<ParamNames<Path>, string>>
  readonly query: Read<Query>
  readonly body: Read<Body>
  readonly person: N extends 'nobody' ? Person | null : Person
  /** What they are to the organization. */
  readonly access: N extends Permission ? Access : null
  /** For whom something is changed. */
  readonly actor: Actor
  /** Asks the admin API for the actor, behind `/api/admin`. What it refuses, the page refuses in the same words. */
  readonly admin: <Json>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) => Promise<Json>
  /** Its `signal` is aborted when the client leaves. */
  readonly request: Request
  readonly deps: PagesDeps
}

type RouteInput<Path extends string, N extends Needs, Query extends Input, Body extends Input, Answer> = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** `{name}` is a part of the path; it is given to `handle` as it is meant, and never holds a slash. */
  readonly path: Path
  /** One line, for the OpenAPI document. */
  readonly summary: string
  readonly needs: N
  /** A strict object of texts, or null for none; a name that is sent several times is a list. */
  readonly query: Query
  readonly body: Body
  readonly answer: Answer
  /** 200 where it is not said. */
  readonly status?: 201 | 202
  readonly handle: (
    asked: Asked<Path, N, Query, Body>,
  ) => Promise<Answer extends z.ZodType ? z.output<Answer> | Response : Response>
}

/** Any route, as the API and the OpenAPI document see it. */
export type PageRoute = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly path: `/api/${string}`
  readonly summary: string
  readonly needs: Needs
  readonly query: Input
  readonly body: Input
  readonly answer: z.ZodType | MediaType
  readonly status?: 201 | 202
  readonly handle: (asked: Asked) => Promise<unknown>
}

/** The route, with the types of what it takes and gives checked against each other. */
export const pageRoute = <
  const Path extends `/api/${string}`,
  const N extends Needs,
  Query extends Input,
  Body extends Input,
  const Answer extends z.ZodType | MediaType,
>(
  route: RouteInput<Path, N, Query, Body, Answer>,
): PageRoute => route
