import { IconBuilding } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { waysQuery } from '../api/account-queries.ts'
import { Empty } from '../ui/empty.tsx'
import { PageHead } from '../ui/page-head.tsx'
import { MakeOrganization } from './make-organization.tsx'

/** For somebody who is signed in and belongs nowhere yet. */
export function NoOrganization() {
  const { data: ways } = useQuery(waysQuery)
  const isOpen = ways?.signUp === 'open'
  return (
    <>
      <PageHead title="Dashboard" />
      <Empty
        icon={IconBuilding}
        title="You are in no organization yet"
        action={isOpen ? <MakeOrganization /> : undefined}
      >
        An organization has the keys, the credit and the usage. Ask one of its owners or admins to invite your e-mail
        address{isOpen ? ', or make your own.' : '; whoever runs this gateway can make a new one.'}
      </Empty>
    </>
  )
}
