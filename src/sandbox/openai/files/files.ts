/** `/v1/files`: what is uploaded comes back byte for byte. */
import { z } from 'zod'
import type { Exchange } from '../../exchange.ts'
import { isFormFile, piecesOf, type FormFile } from '../../form.ts'
import { Refusal } from '../../refusal.ts'
import { freeJson, type Reply } from '../../reply.ts'
import { parseCall } from '../call.ts'
import { contentReply } from '../content.ts'
import { pageOf } from '../page.ts'
import type { EndpointRoute } from '../endpoint.ts'
import { requiredFile, type StoredFile } from './stored-files.ts'

const id = '([^/]+)'

export const fileRoutes: readonly EndpointRoute[] = [
  ['POST', '/files', createFile],
  ['GET', '/files', listFiles],
  ['GET', `/files/${id}`, retrieveFile],
  ['DELETE', `/files/${id}`, deleteFile],
  ['GET', `/files/${id}/content`, downloadFile],
  ['HEAD', `/files/${id}/content`, downloadFile],
]

const purposes = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] as const
/** openai-openapi 2.3.0, CreateFileRequest. */
const FileCall = z.strictObject({
  purpose: z.enum(purposes),
  file: z.custom<FormFile>(isFormFile, 'expected a file'),
  expires_after: z
    .strictObject({ anchor: z.literal('created_at'), seconds: z.coerce.number().int().min(3_600).max(2_592_000) })
    .optional(),
})

/** POST /files */
function createFile(exchange: Exchange): Reply {
  const { form, files, cacheOwner, at, directives } = exchange
  if (!form) throw new Refusal(400, 'The request must be multipart/form-data with a file.', { code: null })
  const { purpose, file, expires_after: expiry } = parseCall(FileCall, exchange)
  if (file.length === 0) throw new Refusal(400, 'File is empty.', { code: null, param: 'file' })
  refuseOtherFormat(purpose, file.filename)
  const seconds = expiry?.seconds ?? (purpose === 'batch' ? batchSeconds : null)
  const lastsMs = directives.expires_ms ?? (seconds === null ? null : seconds * 1_000)
  const expiresAt = lastsMs === null ? null : at + lastsMs
  const stored = files.add({ owner: cacheOwner, purpose, file, createdAt: at, expiresAt, ...form.keep() })
  return freeJson(describe(stored))
}

/** Files of batches are kept for thirty days. */
const batchSeconds = 2_592_000

function refuseOtherFormat(purpose: (typeof purposes)[number], filename: string): void {
  const api = { batch: 'Batch', 'fine-tune': 'Fine-Tuning' }[purpose as string]
  if (api && !filename.endsWith('.jsonl'))
    throw new Refusal(400, `Invalid file format for ${api} API. Must be .jsonl`, { code: null })
}

/** GET /files */
function listFiles({ files, cacheOwner, url }: Exchange): Reply {
  const purpose = url.searchParams.get('purpose')
  const all = files.list(cacheOwner).filter((stored) => purpose === null || stored.purpose === purpose)
  return freeJson(pageOf(all, url, { limit: 10_000, limitMax: 10_000 }, describe))
}

/** GET /files/{id} */
function retrieveFile(exchange: Exchange, id = ''): Reply {
  return freeJson(describe(requiredFile(exchange, id)))
}

/** DELETE /files/{id} */
function deleteFile(exchange: Exchange, id = ''): Reply {
  exchange.files.remove(requiredFile(exchange, id))
  return freeJson({ object: 'file', deleted: true, id })
}

/** What OpenAI gives back: not what people hand to a model (seen at ogx-ai/ogx#3946). */
const given: readonly string[] = ['batch', 'fine-tune', 'evals']

/** GET /files/{id}/content */
function downloadFile(exchange: Exchange, id = ''): Reply {
  const { purpose, file } = requiredFile(exchange, id)
  if (!given.includes(purpose))
    throw new Refusal(400, `Not allowed to download files of purpose: ${purpose}`, { code: null })
  return contentReply(exchange, {
    type: 'application/octet-stream',
    filename: file.filename,
    length: file.length,
    read: (from, to) => piecesOf(file.read(from, to)),
  })
}

const describe = ({ id, purpose, file, createdAt, expiresAt }: StoredFile) => ({
  object: 'file',
  id,
  purpose,
  filename: file.filename,
  bytes: file.length,
  created_at: Math.floor(createdAt / 1_000),
  expires_at: expiresAt === null ? null : Math.floor(expiresAt / 1_000),
  status: 'processed',
  status_details: null,
})
