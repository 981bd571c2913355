import { PageHead } from '../../ui/page-head.tsx'
import { useOrganization } from '../../shell/organization.ts'
import { Statement } from './statement.tsx'

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
      <Statement />
    </>
  )
}
