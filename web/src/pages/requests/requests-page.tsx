import { SoonPage } from '../../shell/soon-page.tsx'

export const RequestsPage = () => <SoonPage title="Requests" />
