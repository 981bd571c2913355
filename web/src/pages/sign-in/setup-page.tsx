import { SoonPage } from '../../shell/soon-page.tsx'

export const SetupPage = () => <SoonPage title="Set up" />
