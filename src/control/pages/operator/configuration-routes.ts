/** The configuration as it is in force, for operators. */
import { z } from 'zod'
import type { ConfigurationJson, ReloadJson } from '../../contract.ts'
import { pageRoute } from '../page-route.ts'
import { ListOf, NothingMore } from '../shapes.ts'

const ConfigurationShape = z.strictObject({
  file: z.string().nullable().meta({ description: 'Where mart.yaml is; null: there is none' }),
  environment: ListOf(
    z.strictObject({
      name: z.string(),
      value: z.string().nullable().meta({ description: 'null: not set, or a secret' }),
      source: z.enum(['environment', 'default']),
      isSecret: z.boolean(),
    }),
  ),
  settings: ListOf(
    z.strictObject({
      path: z.string(),
      value: z.unknown().meta({ description: 'As it is written; of a secret, the reference' }),
      source: z.enum(['file', 'environment', 'default']),
      isSecret: z.boolean(),
      needsRestart: z.boolean(),
    }),
  ),
  needRestart: ListOf(z.string()).meta({ description: 'What the file has changed and waits for another start' }),
})
export type OperatorConfigurationJson = z.infer<typeof ConfigurationShape>

const ReloadShape = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), changed: z.boolean(), needRestart: ListOf(z.string()) }),
  z.strictObject({ ok: z.literal(false), reason: z.string() }),
])
export type OperatorReloadJson = z.infer<typeof ReloadShape>

const getConfiguration = pageRoute({
  method: 'GET',
  path: '/api/operator/configuration',
  summary: 'The configuration as it is in force, and where each value comes from; secrets as their references',
  needs: 'operator',
  query: null,
  body: null,
  answer: ConfigurationShape,
  handle: ({ admin }) => admin<ConfigurationJson>('GET', '/configuration'),
})

const reloadConfiguration = pageRoute({
  method: 'POST',
  path: '/api/operator/configuration/reload',
  summary: 'Read the configuration file again; a bad one changes nothing and says why',
  needs: 'operator',
  query: null,
  body: NothingMore,
  answer: ReloadShape,
  handle: ({ admin }) => admin<ReloadJson>('POST', '/config/reload', {}),
})

export const configurationRoutes = [getConfiguration, reloadConfiguration]
