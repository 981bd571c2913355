/** Service requests, as the pages see them. */
import { z } from 'zod'
import { serviceRequestKinds, serviceRequestStates } from '../../../store/service-requests.ts'
import { DataOf, Time } from '../shapes.ts'

export const ServiceRequestShape = z.strictObject({
  id: z.string(),
  organizationId: z.string(),
  kind: z.enum(serviceRequestKinds),
  keyId: z.string().nullable(),
  keyName: z.string().nullable().meta({ description: 'What people call the key' }),
  asked: z.record(z.string(), z.unknown()).readonly().meta({ description: 'Limits that are asked for, or the region' }),
  message: z.string(),
  state: z.enum(serviceRequestStates),
  madeBy: z.string().meta({ description: 'The name of whoever asked' }),
  madeAt: Time,
  answeredBy: z.string().nullable(),
  note: z.string().nullable().meta({ description: 'What the operator says to it' }),
  endedAt: Time.nullable(),
})

export const ServiceRequestListShape = DataOf(ServiceRequestShape)

/** `key`: the new secret of a key that was rotated, in this one answer and nowhere else. */
export const ApprovedServiceRequestShape = ServiceRequestShape.extend({ key: z.string().nullable() })
