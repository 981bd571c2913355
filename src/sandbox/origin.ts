/** Where a call arrived when the sandbox poses as a provider, and what came with it. */

/** The providers that the sandbox poses as, under `/as/{pose}/{account}`. */
export const poseNames = ['openai', 'azure', 'ai-studio', 'vertex'] as const
export type PoseName = (typeof poseNames)[number]

export type Origin = {
  readonly pose: PoseName
  readonly account: string
  /** Vertex: the location asked for. */
  readonly region: string | null
  /** The model or deployment as the caller named it. */
  readonly upstreamModel: string
  readonly request: Arrived
}

/** What arrived with a call, for tests of what a gateway passes on. */
export type Arrived = {
  /** The member `store` of the body; absent when it was not sent. */
  readonly store?: unknown
  /** The names of all headers, lower-case. */
  readonly clientHeaders: readonly string[]
}
