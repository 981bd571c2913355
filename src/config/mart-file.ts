/** `mart.yaml`: what it may hold, and what it comes to. */
import type { References } from '../lib/references.ts'
import { fileData, type MartFileData } from './file-schema.ts'
import type { PricesSchema } from './model-schema.ts'
import { problemsOf, resolved, servedRegions, type MartFile } from './resolve.ts'

/** Checks and resolves what `mart.yaml` holds. `prices` is the format of one model's dated prices, some of which must be in force at `now`, epoch ms. */
export function martFileSchema(references: References, prices: PricesSchema, now: number) {
  const data = fileData(references, prices)
  /** Without any provider: the sandbox, wherever a policy serves, so that region policies can be tried. */
  const withSandbox = (file: MartFileData): MartFileData => {
    const deployments = servedRegions(file).map((region) => ({ model: '*', provider: 'sandbox', region }))
    const sandbox = data.parse({ providers: { sandbox: { kind: 'sandbox' } }, deployments })
    return { ...file, providers: sandbox.providers, deployments: sandbox.deployments }
  }
  return data
    .superRefine((file, context) => {
      for (const { path, message, name } of problemsOf(file, now))
        context.addIssue({ code: 'custom', path: [...path], message, params: { name } })
    })
    .transform((file): MartFile => resolved(Object.keys(file.providers).length > 0 ? file : withSandbox(file)))
}
