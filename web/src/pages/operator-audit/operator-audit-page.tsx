import { SoonPage } from '../../shell/soon-page.tsx'

export const OperatorAuditPage = () => <SoonPage title="Audit" />
