import { SoonPage } from '../../shell/soon-page.tsx'

export const InvitationPage = () => <SoonPage title="Invitation" />
