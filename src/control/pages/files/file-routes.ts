/** The files that an organization uploaded or had made. */
import { z } from 'zod'
import type { FileJson, PageJson } from '../../contract.ts'
import { pathOf } from '../ask-admin.ts'
import { pageRoute } from '../page-route.ts'
import { Mode, Time } from '../shapes.ts'

const FileShape = z.strictObject({
  id: z.string(),
  keyId: z.string(),
  mode: Mode,
  region: z.string(),
  purpose: z.string().nullable(),
  filename: z.string().nullable(),
  bytes: z.number().nullable(),
  createdAt: Time,
  expiresAt: Time.nullable(),
})
const FilePage = z.strictObject({ data: z.array(FileShape), hasMore: z.boolean() })
export type PageFileJson = z.infer<typeof FileShape>

const listFiles = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/files',
  summary: 'Files of an organization, the newest first',
  needs: 'files.read',
  query: z.strictObject({
    mode: Mode,
    /** The id of the last one of the page before. */
    after: z.string().max(200).optional(),
  }),
  body: null,
  answer: FilePage,
  async handle({ params, query, admin }) {
    const { data, hasMore } = await admin<PageJson<FileJson>>(
      'GET',
      pathOf(`/organizations/${params.organization}/files`, query),
    )
    return { data: [...data], hasMore }
  },
})

export const fileRoutes = [listFiles]
