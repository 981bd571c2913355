import type { Model } from '../catalog/catalog.ts'
import type { KeyRow } from '../store/store.ts'
import { GatewayError } from './errors.ts'

/** Whether a key's list of models, if it has one, has this one. */
export const mayUse = (key: KeyRow, model: Model): boolean => key.models === null || key.models.includes(model.id)

export const modelNotFound = (name: string, hint = '', param = 'model'): GatewayError =>
  new GatewayError(
    'model_not_found',
    `The model '${name.slice(0, 200)}' does not exist or you do not have access to it.${hint}`,
    { param, askedModel: name },
  )
