import { Alert, Anchor, Button, Group, List, Stack, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { PageMemberJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { organizationKey } from '../../api/queries.ts'
import { accountQuery } from '../../api/account-queries.ts'
import { useOrganization } from '../../shell/organization.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { membersQuery, pathOf, securityQuery } from './members-queries.ts'

/** Whether everybody here needs a second factor, and who would not come in with what they have. */
export function Security() {
  const { organization, may } = useOrganization()
  const { data: security } = useQuery(securityQuery(organization.id))
  const { data: members } = useQuery(membersQuery(organization.id))
  const [isAsking, setAsking] = useState(false)
  if (security === undefined || members === undefined) return null
  const isOn = security.secondFactor === 'required'
  const without = members.data.filter(({ hasSecondFactor, hasPasskey }) => !hasSecondFactor && !hasPasskey)
  return (
    <section aria-label="Security">
      <Group justify="space-between" align="flex-start" gap="sm" mb="sm">
        <Stack gap={2} flex="1 1 260px">
          <Title order={2}>Security</Title>
          <Text c="dimmed" maw="68ch">
            {wordsOf(security.isRequiredByServer, isOn)} Keys are not concerned.
          </Text>
        </Stack>
        {may('settings.write') && !security.isRequiredByServer && (
          <Button variant="default" onClick={() => setAsking(true)}>
            {isOn ? 'Ask for it no more' : 'Ask everybody for a second factor'}
          </Button>
        )}
      </Group>
      {without.length > 0 && <Without members={without} isClosed={isOn || security.isRequiredByServer} />}
      {isAsking && <Change isOn={isOn} without={without.length} onClose={() => setAsking(false)} />}
    </section>
  )
}

function wordsOf(isRequiredByServer: boolean, isOn: boolean): string {
  if (isRequiredByServer)
    return 'Whoever runs this gateway asks everybody for a second factor: an app’s code, or a passkey.'
  return isOn
    ? 'Everybody here needs a second factor: an app’s code, or a passkey. Whoever signed in without sees nothing here.'
    : 'A password alone opens this organization, unless a member set up a second factor.'
}

const Without = ({
  members,
  isClosed,
}: {
  readonly members: readonly PageMemberJson[]
  readonly isClosed: boolean
}) => (
  <Alert variant="light" color={isClosed ? 'red' : 'amber'} title={titleOf(members.length)}>
    <List spacing={2}>
      {members.map(({ personId, name, email }) => (
        <List.Item key={personId}>
          {name} · {email}
        </List.Item>
      ))}
    </List>
  </Alert>
)

const titleOf = (many: number): string =>
  many === 1 ? 'One member has no second factor' : `${many} members have no second factor`

type ChangeProps = { readonly isOn: boolean; readonly without: number; readonly onClose: () => void }

function Change({ isOn, without, onClose }: ChangeProps) {
  const { organization } = useOrganization()
  const client = useQueryClient()
  const { data: account } = useQuery(accountQuery)
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={isOn ? 'Ask nobody for a second factor any more?' : 'Ask everybody for a second factor?'}
      confirm={isOn ? 'Ask for it no more' : 'Ask everybody'}
      onConfirm={async () => {
        const body = { secondFactor: isOn ? 'optional' : 'required' }
        await ask(`${pathOf(organization.id)}/security`, { method: 'PUT', body })
        await client.invalidateQueries({ queryKey: securityQuery(organization.id).queryKey })
        await client.invalidateQueries({ queryKey: organizationKey(organization.id, null, 'audit') })
      }}
    >
      {isOn ? (
        'From then on, a password alone opens this organization again.'
      ) : account?.gaveSecondFactor === false ? (
        <>
          You signed in without one yourself.{' '}
          <Anchor underline="always" renderRoot={(props) => <Link {...props} to="/account" />}>
            Set one up, or sign in with it
          </Anchor>
          , then come back.
        </>
      ) : (
        `Whoever signed in without one sees nothing of ${organization.name} from the next click on, until they set one up or sign in with it.${without === 0 ? '' : ` ${titleOf(without)} now.`}`
      )}
    </ConfirmDialog>
  )
}
