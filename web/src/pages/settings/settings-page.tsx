import { SoonPage } from '../../shell/soon-page.tsx'

export const SettingsPage = () => <SoonPage title="Settings" />
