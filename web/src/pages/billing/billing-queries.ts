import { queryOptions } from '@tanstack/react-query'
import type {
  PageCreditAlertListJson,
  PageDeliveryListJson,
  PageWebhookListJson,
} from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { organizationKey } from '../../api/queries.ts'

const billingPath = (organization: string) => `/api/organizations/${encodeURIComponent(organization)}/billing` as const
export const alertsPath = (organization: string) => `${billingPath(organization)}/alerts` as const
export const webhooksPath = (organization: string) => `${billingPath(organization)}/webhooks` as const

export const alertsQuery = (organization: string) =>
  queryOptions({
    queryKey: organizationKey(organization, null, 'credit-alerts'),
    queryFn: ({ signal }) => ask<PageCreditAlertListJson>(alertsPath(organization), { signal }),
  })

export const webhooksQuery = (organization: string) =>
  queryOptions({
    queryKey: organizationKey(organization, null, 'webhooks'),
    queryFn: ({ signal }) => ask<PageWebhookListJson>(webhooksPath(organization), { signal }),
  })

/** Tries go on while somebody looks. */
const againMs = 3_000

export const deliveriesQuery = (organization: string, webhook: string) =>
  queryOptions({
    queryKey: organizationKey(organization, null, 'deliveries', webhook),
    queryFn: ({ signal }) =>
      ask<PageDeliveryListJson>(`${webhooksPath(organization)}/${webhook}/deliveries`, { signal }),
    refetchInterval: againMs,
  })
