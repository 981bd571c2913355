import { SoonPage } from '../../shell/soon-page.tsx'

export const JobsPage = () => <SoonPage title="Jobs" />
