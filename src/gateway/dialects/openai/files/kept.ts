/** Files by their ids: they are free, and lie at the account that took them. */
import type { KnownOperation, Operation } from '../../../operation.ts'
import { openai, openaiHeaders } from '../envelope.ts'
import { deletedReader, keptOperation } from '../kept-operation.ts'
import { listResources } from '../list-resources.ts'
import { unknownFile } from '../unknown.ts'
import { fileReader } from './file.ts'

const ofOne = { kind: 'file', unknown: (id: string) => unknownFile(id, 'id') } as const

export const retrieveFile: Operation = keptOperation({
  ...ofOne,
  name: 'files.retrieve',
  method: 'GET',
  path: '/v1/files/{id}',
  upstreamPath: ({ id }) => `/files/${id}`,
  answer: () => fileReader('known'),
})

export const deleteFile: Operation = keptOperation({
  ...ofOne,
  name: 'files.delete',
  method: 'DELETE',
  path: '/v1/files/{id}',
  upstreamPath: ({ id }) => `/files/${id}`,
  effects: 'acts',
  answer: () => deletedReader,
})

/** Passed on as it comes, whole or in ranges, and never held. */
export const fileContent: Operation = {
  ...keptOperation({
    ...ofOne,
    name: 'files.content',
    method: 'GET',
    path: '/v1/files/{id}/content',
    upstreamPath: ({ id }) => `/files/${id}/content`,
    answer: () => ({ kind: 'bytes' }),
  }),
  passes: [...openaiHeaders, 'accept', 'range', 'if-range', 'if-none-match', 'if-modified-since'],
}

/** The organization's own, from our table: the newest first, as OpenAI lists them. */
export const listFiles: KnownOperation = {
  name: 'files.list',
  dialect: openai,
  method: 'GET',
  path: '/v1/files',
  answer({ query }, key, deps) {
    const purpose = query.get('purpose')
    const labels: Record<string, string> = purpose === null ? {} : { purpose }
    return listResources({ kind: 'file', limit: 10_000, limitMax: 10_000, labels }, query, key, deps)
  },
}
