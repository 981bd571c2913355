import { SoonPage } from '../../shell/soon-page.tsx'

export const OperatorDeploymentsPage = () => <SoonPage title="Deployments" />
