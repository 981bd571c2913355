import { Anchor } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { PageOrganizationJson } from '../../../src/control/contract-pages.ts'
import { Empty } from '../ui/empty.tsx'
import { PageHead } from '../ui/page-head.tsx'
import type { Place } from './area.ts'

type NotForRoleProps = { readonly place: Place; readonly organization: PageOrganizationJson }

/** For a member whose role does not show a page: what is not shown, and who can change that. */
export const NotForRole = ({ place, organization: { id, name, access, permissions } }: NotForRoleProps) => (
  <>
    <PageHead title={place.title} />
    <Empty icon={IconLock} title={`Your role does not show ${place.title.toLowerCase()}`}>
      You are {access === 'owner' || access === 'admin' || access === 'operator' ? 'an' : 'a'} {access} of {name}. An
      owner or an admin can give you another role
      {permissions.includes('members.read') ? (
        <>
          : see{' '}
          <Anchor
            underline="always"
            renderRoot={(props) => <Link {...props} to={`/dashboard/${id}/settings` as never} />}
          >
            who they are
          </Anchor>
          .
        </>
      ) : (
        '.'
      )}
    </Empty>
  </>
)
