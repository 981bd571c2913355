import { Stack } from '@mantine/core'
import { useState } from 'react'
import { PageHead } from '../../ui/page-head.tsx'
import { useOrganization } from '../../shell/organization.ts'
import { CreditAlert } from './credit-alert.tsx'
import { Statement } from './statement.tsx'
import { Webhooks } from './webhooks.tsx'

export function BillingPage() {
  const { mode } = useOrganization()
  // What is below comes when nothing above it grows any more.
  const [isThere, setThere] = useState(false)
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
        <Statement onThere={() => setThere(true)} />
        {isThere && <CreditAlert />}
        {isThere && <Webhooks />}
      </Stack>
    </>
  )
}
