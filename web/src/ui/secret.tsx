import { Alert, Button, Stack, Text } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy, IconEyeOff } from '@tabler/icons-react'
import classes from './secret.module.css'

export type SecretProps = {
  readonly value: string
  /** What it is: `The new key`. */
  readonly label: string
  /** Told once it is on the clipboard. */
  readonly onCopied?: () => void
}

const confirmedMs = 10_000

/** A secret that is shown this once. It is in no storage of the browser. */
export function Secret({ value, label, onCopied }: SecretProps) {
  const { copy, copied, error } = useClipboard({ timeout: confirmedMs })
  const copyIt = (): void => {
    copy(value)
    onCopied?.()
  }
  return (
    <Stack gap="sm">
      <Alert color="amber" variant="light" radius="md" icon={<IconEyeOff size={18} aria-hidden />}>
        This is the only time it is shown. Keep it where your other secrets are; whoever has it can spend your credit.
      </Alert>
      <div className={classes['box']}>
        <code aria-label={label}>{value}</code>
      </div>
      <Button
        onClick={copyIt}
        variant={copied ? 'light' : 'filled'}
        leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
      >
        {copied ? 'Copied to the clipboard' : 'Copy'}
      </Button>
      <Text size="sm" c="dimmed" aria-live="polite">
        {error ? 'The browser did not let it be copied. Select it above and copy it by hand.' : ''}
      </Text>
    </Stack>
  )
}
