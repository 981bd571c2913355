import { Alert, Button, Stack } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy, IconEyeOff } from '@tabler/icons-react'
import classes from './secret.module.css'

/** A link that works once, shown this once to whoever passes it on. */
export function OneTimeLink({ url }: { readonly url: string }) {
  const { copy, copied } = useClipboard()
  return (
    <Stack gap="sm">
      <Alert color="amber" variant="light" icon={<IconEyeOff size={18} aria-hidden />}>
        It is shown only now, and works once: whoever opens it first comes in by it. Send it to nobody else.
      </Alert>
      <div className={classes['box']}>
        <code aria-label="The link">{url}</code>
      </div>
      <Button
        onClick={() => copy(url)}
        variant={copied ? 'light' : 'filled'}
        leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
      >
        {copied ? 'Copied to the clipboard' : 'Copy the link'}
      </Button>
    </Stack>
  )
}
