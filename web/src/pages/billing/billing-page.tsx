import { SoonPage } from '../../shell/soon-page.tsx'

export const BillingPage = () => <SoonPage title="Billing" />
