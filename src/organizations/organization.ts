/** Organizations: who pays. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { NewOrganization } from '../store/store.ts'

const nameCharsMax = 100
const nameAllowed = `1 to ${nameCharsMax} characters on one line`

/** A name as people gave it, less the space around it. */
export const OrganizationName = z
  .string(nameAllowed)
  .trim()
  .min(1, nameAllowed)
  .max(nameCharsMax, nameAllowed)
  .regex(/^\P{Cc}*$/u, nameAllowed)

/** A new organization with an id of its own, made at `now`, epoch ms. */
export const newOrganization = (name: string, now: number): NewOrganization => ({
  id: `org_${randomUUID().replaceAll('-', '')}`,
  name,
  createdAt: now,
})
