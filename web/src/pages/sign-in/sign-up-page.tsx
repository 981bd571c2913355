import { SoonPage } from '../../shell/soon-page.tsx'

export const SignUpPage = () => <SoonPage title="Sign up" />
