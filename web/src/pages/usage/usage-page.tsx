import { SoonPage } from '../../shell/soon-page.tsx'

export const UsagePage = () => <SoonPage title="Usage" />
