import { SoonPage } from '../../shell/soon-page.tsx'

export const HomePage = () => <SoonPage title="Home" />
