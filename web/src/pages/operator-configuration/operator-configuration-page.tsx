import { SoonPage } from '../../shell/soon-page.tsx'

export const OperatorConfigurationPage = () => <SoonPage title="Configuration" />
