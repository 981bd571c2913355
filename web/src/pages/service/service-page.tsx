import { SoonPage } from '../../shell/soon-page.tsx'

export const ServicePage = () => <SoonPage title="Service requests" />
