import { SoonPage } from '../../shell/soon-page.tsx'

export const OperatorUsagePage = () => <SoonPage title="Usage" />
