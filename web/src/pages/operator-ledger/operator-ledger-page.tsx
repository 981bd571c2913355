import { SoonPage } from '../../shell/soon-page.tsx'

export const OperatorLedgerPage = () => <SoonPage title="Ledger" />
