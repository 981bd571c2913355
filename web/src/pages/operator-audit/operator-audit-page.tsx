import { AuditList } from '../../ui/audit-list.tsx'
import { PageHead } from '../../ui/page-head.tsx'

export const OperatorAuditPage = () => (
  <>
    <PageHead
      title="Audit"
      about="Every change, by whom, and what it was before and after. It is only ever added to."
    />
    <AuditList path="/api/operator/audit" queryKey={['operator', 'audit']} isOfAll />
  </>
)
