/** An organization's keys: what they may, what is used of it, and changing them. */
import { z } from 'zod'
import type { KeyJson, KeyOptionsJson, KeyWithSecret, ListedKeyJson, ListJson } from '../../contract.ts'
import { KeyInput, RotateInput } from '../../admin/key-input.ts'
import { pathOf } from '../ask-admin.ts'
import { pageRoute } from '../page-route.ts'
import { DataOf, Mode, NothingMore } from '../shapes.ts'
import { refuseBeyond } from './key-ceiling.ts'
import { KeyOptionsShape, KeyShape, KeyState, KeyWithSecretShape, ListedKeyShape } from './key-shapes.ts'
import { keyPath, ownKey } from './own-key.ts'

const KeyListShape = DataOf(ListedKeyShape)
export type PageKeyJson = z.infer<typeof ListedKeyShape>
export type PageKeyWithSecretJson = z.infer<typeof KeyWithSecretShape>
export type PageKeyListJson = z.infer<typeof KeyListShape>
export type PageKeyOptionsJson = z.infer<typeof KeyOptionsShape>
const NewKey = KeyInput.extend({ mode: Mode })
export type PageKeyInputJson = z.input<typeof KeyInput>
export type PageNewKeyInputJson = z.input<typeof NewKey>

const listKeys = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/keys',
  summary: 'The keys of an organization, with what of their limits and budgets is used at this moment',
  needs: 'keys.read',
  query: z.strictObject({ mode: Mode, state: KeyState.optional().meta({ description: 'Left out: of every state' }) }),
  body: null,
  answer: KeyListShape,
  async handle({ params, query, admin }) {
    const path = pathOf(`/organizations/${params.organization}/keys`, { state: query.state })
    const { data } = await admin<ListJson<ListedKeyJson>>('GET', path)
    return { data: data.filter(({ mode }) => mode === query.mode) }
  },
})

const getKey = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/keys/{key}',
  summary: 'A key, with what of its limits and budget is used at this moment',
  needs: 'keys.read',
  query: null,
  body: null,
  answer: ListedKeyShape,
  handle: (asked) => ownKey(asked),
})

const getKeyOptions = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/key-options',
  summary: 'What the terms of a key may say, and what a new key has when nothing is said',
  needs: 'keys.read',
  query: null,
  body: null,
  answer: KeyOptionsShape,
  handle: async ({ admin }) => admin<KeyOptionsJson>('GET', '/key-options'),
})

const createKey = pageRoute({
  method: 'POST',
  path: '/api/organizations/{organization}/keys',
  summary: 'Make a key; its secret is in this answer alone',
  needs: 'keys.write',
  query: null,
  body: NewKey,
  answer: KeyWithSecretShape,
  status: 201,
  async handle({ params, body, admin }) {
    const { defaults } = await admin<KeyOptionsJson>('GET', '/key-options')
    refuseBeyond(body, { mode: body.mode, defaults, key: null })
    return admin<KeyWithSecret>('POST', `/organizations/${params.organization}/keys`, body)
  },
})

const updateKey = pageRoute({
  method: 'PATCH',
  path: '/api/organizations/{organization}/keys/{key}',
  summary: 'Change what a key may; null takes a limit or a list away, what is left out stays',
  needs: 'keys.write',
  query: null,
  body: KeyInput,
  answer: KeyShape,
  async handle(asked) {
    const [key, { defaults }] = await Promise.all([ownKey(asked), asked.admin<KeyOptionsJson>('GET', '/key-options')])
    refuseBeyond(asked.body, { mode: key.mode, defaults, key })
    return asked.admin<KeyJson>('PATCH', keyPath(asked), asked.body)
  },
})

const rotateKey = pageRoute({
  method: 'POST',
  path: '/api/organizations/{organization}/keys/{key}/rotate',
  summary: 'Give a key a new secret; with a grace the one before works for a while, without one all stop at once',
  needs: 'keys.write',
  query: null,
  body: RotateInput,
  answer: KeyWithSecretShape,
  async handle(asked) {
    await ownKey(asked)
    return asked.admin<KeyWithSecret>('POST', `${keyPath(asked)}/rotate`, asked.body)
  },
})

const revokeKey = pageRoute({
  method: 'POST',
  path: '/api/organizations/{organization}/keys/{key}/revoke',
  summary: 'Stop a key for good, at once',
  needs: 'keys.write',
  query: null,
  body: NothingMore,
  answer: KeyShape,
  async handle(asked) {
    await ownKey(asked)
    return asked.admin<KeyJson>('POST', `${keyPath(asked)}/revoke`, {})
  },
})

export const keyRoutes = [listKeys, getKey, getKeyOptions, createKey, updateKey, rotateKey, revokeKey]
