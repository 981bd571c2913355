import { SoonPage } from '../../shell/soon-page.tsx'

export const ResetPasswordPage = () => <SoonPage title="Reset your password" />
