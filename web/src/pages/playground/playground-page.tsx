import { SoonPage } from '../../shell/soon-page.tsx'

export const PlaygroundPage = () => <SoonPage title="Playground" />
