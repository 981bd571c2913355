import { Group, List, PinInput, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { AccountJson } from '../../../../src/control/contract-pages.ts'
import { accountQuery } from '../../api/account-queries.ts'
import { ask } from '../../api/client.ts'
import { sessionQuery } from '../../api/queries.ts'
import { Copy } from '../../ui/copy.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { BackupCodes } from './backup-codes.tsx'
import { ProvePassword } from './prove-password.tsx'
import { QrCode } from './qr-code.tsx'

type Begun = { readonly totpURI: string; readonly backupCodes: readonly string[] }
type Props = { readonly account: AccountJson; readonly onDone: () => void }

/** Password, then the app's first code, then the backup codes: only then is it on and can be gone on with. */
export function SetUpSecondFactor({ account, onDone }: Props) {
  const [begun, setBegun] = useState<Begun | null>(null)
  const [isOn, setOn] = useState(false)
  if (begun === null)
    return (
      <ProvePassword<Begun> account={account} path="/api/auth/two-factor/enable" submit="Go on" onDone={setBegun}>
        You need an authenticator app, such as the one of your password manager or phone.
      </ProvePassword>
    )
  return isOn ? (
    <BackupCodes codes={begun.backupCodes} onDone={onDone} />
  ) : (
    <FirstCode uri={begun.totpURI} onRight={() => setOn(true)} />
  )
}

function FirstCode({ uri, onRight }: { readonly uri: string; readonly onRight: () => void }) {
  const [code, setCode] = useState('')
  const client = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: (given: string) => ask('/api/auth/two-factor/verify-totp', { method: 'POST', body: { code: given } }),
    onSuccess: async () => {
      onRight()
      await client.invalidateQueries({ queryKey: accountQuery.queryKey })
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey })
    },
    onError: () => setCode(''),
  })
  const secret = new URL(uri).searchParams.get('secret') ?? ''
  return (
    <Stack gap="md">
      <List type="ordered" spacing="xs">
        <List.Item>Scan this with the app, or type the secret below into it.</List.Item>
        <List.Item>Type the code of six digits that it shows.</List.Item>
      </List>
      <Group justify="center">
        <QrCode text={uri} label="The secret, for an authenticator app" />
      </Group>
      <Group gap={4} justify="center" wrap="nowrap">
        <Text ff="monospace" size="sm" style={{ overflowWrap: 'anywhere' }}>
          {secret}
        </Text>
        <Copy text={secret} label="Copy the secret" />
      </Group>
      <Group justify="center">
        <PinInput
          length={6}
          type="number"
          gap="xs"
          oneTimeCode
          disabled={isPending}
          aria-label="The code"
          getInputProps={(at) => ({ 'aria-label': `Digit ${at + 1}` })}
          value={code}
          onChange={setCode}
          onComplete={mutate}
        />
      </Group>
      {error !== null && <Trouble error={error} />}
    </Stack>
  )
}
