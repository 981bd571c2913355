import type { KnownOperation } from '../../../operation.ts'
import { openai } from '../envelope.ts'
import { listResources } from '../list-resources.ts'

/** `GET /v1/videos`: those of the organization, the newest first. */
export const listVideos: KnownOperation = {
  name: 'videos.list',
  dialect: openai,
  method: 'GET',
  path: '/v1/videos',
  answer: ({ query }, key, deps) =>
    listResources({ kind: 'video', limit: 20, limitMax: 100, labels: {} }, query, key, deps),
}
