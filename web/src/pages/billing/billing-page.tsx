import { Stack } from '@mantine/core'
import { PageHead } from '../../ui/page-head.tsx'
import { useOrganization } from '../../shell/organization.ts'
import { CreditAlert } from './credit-alert.tsx'
import { Statement } from './statement.tsx'
import { Webhooks } from './webhooks.tsx'

export function BillingPage() {
  const { mode } = useOrganization()
  return (
    <>
      <PageHead
        title="Billing"
        about={
          mode === 'test'
            ? 'The statement of test credit, which is never real money.'
            : 'What came in, what was used, and what is left: every day closes with what the next one opens with.'
        }
      />
      <Stack gap="xl">
        <Statement />
        <CreditAlert />
        <Webhooks />
      </Stack>
    </>
  )
}
