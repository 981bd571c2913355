/** Jobs and files as the admin API shows them. */
import { z } from 'zod'
import type { Job } from '../../store/reservations.ts'
import type { KeptResource } from '../../store/resources.ts'
import type { FileJson, JobJson } from '../contract.ts'
import { isoOrNull } from './json-shapes.ts'

/** What a provider says of a job, as far as a page shows it. Videos say all of it, responses their status. */
const Told = z
  .object({
    status: z.string().nullable().catch(null),
    progress: z.number().min(0).max(100).nullable().catch(null),
    size: z.string().nullable().catch(null),
    seconds: z.coerce.string().nullable().catch(null),
  })
  .catch({ status: null, progress: null, size: null, seconds: null })

const ToldFile = z
  .object({ filename: z.string().nullable().catch(null), bytes: z.number().nonnegative().nullable().catch(null) })
  .catch({ filename: null, bytes: null })

export function jobJson({ reservation, state, checks, nextCheckAt, end, made }: Job): JobJson {
  const { settlement, kind, resourceId, expiresAt } = reservation
  const { requestId, keyId, mode, model, endpoint, region, admittedAt, holdNano } = settlement
  const isOpen = state === 'open'
  return {
    requestId,
    keyId,
    mode,
    kind,
    resourceId,
    model,
    endpoint,
    region,
    createdAt: new Date(admittedAt).toISOString(),
    state,
    ending: end?.ending ?? null,
    reservedNano: isOpen ? holdNano : '0',
    heldNano: holdNano,
    chargeNano: end?.chargeNano ?? null,
    endedAt: isoOrNull(end?.endedAt ?? null),
    checks,
    nextCheckAt: isoOrNull(isOpen ? nextCheckAt : null),
    expiresAt: new Date(expiresAt).toISOString(),
    isThere: made !== null,
    ...Told.parse(parsed(made?.object ?? null)),
  }
}

export const fileJson = ({ object, ...file }: KeptResource): FileJson => ({
  id: file.id,
  keyId: file.keyId,
  mode: file.mode,
  region: file.region,
  purpose: file.labels['purpose'] ?? null,
  createdAt: new Date(file.createdAt).toISOString(),
  expiresAt: isoOrNull(file.expiresAt),
  ...ToldFile.parse(parsed(object)),
})

/** The store keeps nothing that is no JSON. */
const parsed = (text: string | null): unknown => (text === null ? {} : JSON.parse(text))
