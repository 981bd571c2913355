import { Alert, Button, Group, Stack, Text, Textarea } from '@mantine/core'
import {
  IconCoins,
  IconEye,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconReceiptRefund,
  IconUserPlus,
} from '@tabler/icons-react'
import { useState } from 'react'
import type { OperatorOrganizationJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Facts } from '../../ui/facts.tsx'
import { When } from '../../ui/figures.tsx'
import { Money } from '../../ui/money.tsx'
import { InviteDialog } from '../settings/invite-dialog.tsx'
import { MoveCredit } from './move-credit.tsx'
import { NameOrganization } from './name-organization.tsx'
import { organizationsPath, useAgain } from './organizations-query.ts'

type Dialog = 'grant' | 'revoke' | 'suspend' | 'resume' | 'rename' | 'invite' | null
type OfProps = { readonly of: OperatorOrganizationJson }

/** One organization: its credit, and what an operator can do about it. */
export function OrganizationDetails({ of }: OfProps) {
  const [dialog, setDialog] = useState<Dialog>(null)
  const close = (): void => setDialog(null)
  return (
    <Stack gap="lg">
      {of.state === 'suspended' && (
        <Alert color="red" variant="light" title="Its keys are turned away">
          Since <When at={of.suspendedAt} />
          {of.suspendedWhy !== null && `: ${of.suspendedWhy}`}
        </Alert>
      )}
      <Actions of={of} open={setDialog} />
      {of.balances.map((balance) => (
        <Facts
          key={balance.mode}
          label={balance.mode === 'live' ? 'Live credit' : 'Test credit'}
          facts={[
            ['Available', <Money key="available" nano={balance.availableNano} copies isBalance />],
            ['Held by requests under way', <Money key="held" nano={balance.heldNano} copies />],
            ['Set aside for jobs', <Money key="reserved" nano={balance.reservedNano} copies />],
          ]}
        />
      ))}
      <Facts
        label="About it"
        facts={[
          ['Id', <code key="id">{of.id}</code>],
          ['Created', <When key="created" at={of.createdAt} />],
          ['Keys that work', `${of.activeKeys} of ${of.keys}`],
        ]}
      />
      {(dialog === 'grant' || dialog === 'revoke') && <MoveCredit of={of} direction={dialog} onClose={close} />}
      {dialog === 'invite' && (
        <InviteDialog path={`${organizationsPath}/${of.id}/invitations`} first="owner" mayMakeOwners onClose={close} />
      )}
      {dialog === 'rename' && <NameOrganization of={of} onClose={close} />}
      {(dialog === 'suspend' || dialog === 'resume') && <Suspension of={of} onClose={close} />}
    </Stack>
  )
}

const Actions = ({ of, open }: OfProps & { readonly open: (dialog: Dialog) => void }) => (
  <Group gap="xs">
    <Button leftSection={<IconCoins size={16} aria-hidden />} onClick={() => open('grant')}>
      Grant credit
    </Button>
    <Button variant="default" leftSection={<IconReceiptRefund size={16} aria-hidden />} onClick={() => open('revoke')}>
      Take back
    </Button>
    <Button variant="default" leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => open('invite')}>
      Invite somebody
    </Button>
    <Button variant="default" leftSection={<IconPencil size={16} aria-hidden />} onClick={() => open('rename')}>
      Rename
    </Button>
    {of.state === 'active' ? (
      <Button
        variant="default"
        c="red"
        leftSection={<IconPlayerPause size={16} aria-hidden />}
        onClick={() => open('suspend')}
      >
        Suspend
      </Button>
    ) : (
      <Button variant="default" leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={() => open('resume')}>
        Serve again
      </Button>
    )}
    <Button
      component="a"
      variant="default"
      href={`/dashboard/${of.id}/home`}
      leftSection={<IconEye size={16} aria-hidden />}
    >
      View as a member
    </Button>
  </Group>
)

function Suspension({ of, onClose }: OfProps & { readonly onClose: () => void }) {
  const [why, setWhy] = useState('')
  const again = useAgain()
  const isActive = of.state === 'active'
  const change = async (): Promise<void> => {
    const body = isActive && why.trim() !== '' ? { why: why.trim() } : {}
    await ask(`${organizationsPath}/${of.id}/${isActive ? 'suspend' : 'resume'}`, { method: 'POST', body })
    await again()
  }
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={isActive ? `Suspend “${of.name}”?` : `Serve “${of.name}” again?`}
      confirm={isActive ? 'Suspend' : 'Serve again'}
      isDangerous={isActive}
      onConfirm={change}
    >
      <Stack gap="sm">
        <Text>
          {isActive
            ? 'All of its keys are turned away from their next request on. Requests under way are answered. Its credit stays.'
            : 'Its keys work again from their next request on.'}
        </Text>
        {isActive && (
          <Textarea
            label="Why"
            description="For operators; its members are not told."
            maxLength={200}
            value={why}
            onChange={(event) => setWhy(event.currentTarget.value)}
          />
        )}
      </Stack>
    </ConfirmDialog>
  )
}
