import { SoonPage } from '../../shell/soon-page.tsx'

export const OperatorServiceRequestsPage = () => <SoonPage title="Service requests" />
