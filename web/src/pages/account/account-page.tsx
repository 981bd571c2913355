import { SoonPage } from '../../shell/soon-page.tsx'

export const AccountPage = () => <SoonPage title="Account" />
