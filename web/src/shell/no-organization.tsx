import { IconBuilding } from '@tabler/icons-react'
import { Empty } from '../ui/empty.tsx'
import { PageHead } from '../ui/page-head.tsx'

/** For somebody who is signed in and belongs nowhere yet. */
export const NoOrganization = () => (
  <>
    <PageHead title="Dashboard" />
    <Empty icon={IconBuilding} title="You are in no organization yet">
      An organization has the keys, the credit and the usage. Ask one of its owners or admins to invite your e-mail
      address; whoever runs this gateway can make a new one.
    </Empty>
  </>
)
