import { SoonPage } from '../../shell/soon-page.tsx'

export const KeysPage = () => <SoonPage title="Keys" />
