import { Badge, Button, Group } from '@mantine/core'
import { useState } from 'react'
import type { AccountJson } from '../../../../src/control/contract-pages.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { AccountSection } from './account-section.tsx'
import { BackupCodes } from './backup-codes.tsx'
import { ProvePassword } from './prove-password.tsx'
import { SetUpSecondFactor } from './set-up-second-factor.tsx'

type Doing = 'set-up' | 'codes' | 'remove' | null

type SecondFactorProps = {
  readonly account: AccountJson
  /** Whether setting one up begins at once. */
  readonly isBegun?: boolean
}

export function SecondFactor({ account, isBegun = false }: SecondFactorProps) {
  const [doing, setDoing] = useState<Doing>(isBegun && !account.hasSecondFactor ? 'set-up' : null)
  const close = (): void => setDoing(null)
  return (
    <AccountSection
      title="Second factor"
      about={
        <>
          {account.hasSecondFactor ? <Badge color="mart">On</Badge> : <Badge color="amber">Off</Badge>} A code of an
          authenticator app, asked for behind the password. Whoever learns the password cannot come in with it alone.
        </>
      }
      action={
        account.hasSecondFactor ? (
          <Group gap="xs">
            <Button variant="default" onClick={() => setDoing('codes')}>
              New backup codes
            </Button>
            <Button variant="subtle" color="red" onClick={() => setDoing('remove')}>
              Turn off
            </Button>
          </Group>
        ) : (
          <Button onClick={() => setDoing('set-up')}>Set up</Button>
        )
      }
    >
      {doing === 'set-up' && (
        <Dialog title="Set up a second factor" onClose={close} isSticky>
          <SetUpSecondFactor account={account} onDone={close} />
        </Dialog>
      )}
      {doing === 'codes' && (
        <Dialog title="New backup codes" onClose={close} isSticky>
          <NewCodes account={account} onDone={close} />
        </Dialog>
      )}
      {doing === 'remove' && (
        <Dialog title="Turn the second factor off?" onClose={close}>
          <ProvePassword
            account={account}
            path="/api/auth/two-factor/disable"
            submit="Turn it off"
            isDangerous
            onDone={close}
          >
            From then on, the password alone opens your account.
            {account.isSecondFactorAsked &&
              ' What asks you for a second factor is closed to you until you have another.'}
          </ProvePassword>
        </Dialog>
      )}
    </AccountSection>
  )
}

function NewCodes({ account, onDone }: { readonly account: AccountJson; readonly onDone: () => void }) {
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  return codes !== null ? (
    <BackupCodes codes={codes} onDone={onDone} />
  ) : (
    <ProvePassword<{ readonly backupCodes: readonly string[] }>
      account={account}
      path="/api/auth/two-factor/generate-backup-codes"
      submit="Make new ones"
      onDone={({ backupCodes }) => setCodes(backupCodes)}
    >
      Those of before stop working.
    </ProvePassword>
  )
}
