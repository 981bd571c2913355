import { SoonPage } from '../../shell/soon-page.tsx'

export const SignInPage = () => <SoonPage title="Sign in" />
