import { SoonPage } from '../../shell/soon-page.tsx'

export const FilesPage = () => <SoonPage title="Files" />
