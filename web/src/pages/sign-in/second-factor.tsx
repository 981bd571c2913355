import { Anchor, Button, PinInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiTrouble, ask } from '../../api/client.ts'
import { Trouble } from '../../ui/trouble.tsx'
import { goOn, type Next } from './go-on.ts'
import { OutsideForm, OutsidePage } from './outside-form.tsx'

type Props = { readonly to: string | undefined }

/** What the password alone does not open. */
export function SecondFactor({ to }: Props) {
  const [isBackup, setBackup] = useState(false)
  return (
    <OutsidePage
      title="Confirm that it is you"
      about={
        isBackup
          ? 'One of the backup codes that you were given. Each works once.'
          : 'The code of six digits that your authenticator app shows now.'
      }
    >
      {isBackup ? <BackupCode to={to} /> : <AppCode to={to} />}
      <Anchor component="button" type="button" size="sm" ta="left" onClick={() => setBackup(!isBackup)}>
        {isBackup ? 'Use the authenticator app' : 'I do not have the app at hand: use a backup code'}
      </Anchor>
    </OutsidePage>
  )
}

function AppCode({ to }: Props) {
  const [code, setCode] = useState('')
  const { mutate, isPending, error } = useMutation({
    mutationFn: (given: string) =>
      ask<Next>('/api/auth/two-factor/verify-totp', { method: 'POST', body: { code: given } }),
    onSuccess: (next) => goOn(next, to),
    onError: () => setCode(''),
  })
  return (
    <Stack gap="md">
      <PinInput
        length={6}
        type="number"
        size="md"
        gap="xs"
        oneTimeCode
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is this code, and nothing else
        autoFocus
        disabled={isPending}
        aria-label="The code"
        getInputProps={(at) => ({ 'aria-label': `Digit ${at + 1}` })}
        value={code}
        onChange={setCode}
        onComplete={mutate}
      />
      {error !== null && <CodeTrouble error={error} />}
    </Stack>
  )
}

function BackupCode({ to }: Props) {
  const [code, setCode] = useState('')
  const use = async (): Promise<void> =>
    goOn(await ask<Next>('/api/auth/two-factor/verify-backup-code', { method: 'POST', body: { code } }), to)
  return (
    <OutsideForm submit="Go on" onSubmit={use}>
      <TextInput
        label="Backup code"
        size="md"
        required
        withAsterisk={false}
        autoComplete="off"
        spellCheck={false}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
    </OutsideForm>
  )
}

/** A challenge that is over begins anew with the password. */
const CodeTrouble = ({ error }: { readonly error: unknown }) =>
  error instanceof ApiTrouble && error.code === 'sign_in_again' ? (
    <Stack gap="sm">
      <Text>{error.message}</Text>
      <Button component="a" href="/sign-in">
        Sign in again
      </Button>
    </Stack>
  ) : (
    <Trouble error={error} />
  )
