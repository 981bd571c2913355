import { SoonPage } from '../../shell/soon-page.tsx'

export const OperatorOrganizationsPage = () => <SoonPage title="Organizations" />
