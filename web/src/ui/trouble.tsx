import { Alert, Anchor, Button, Group, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { ApiTrouble } from '../api/client.ts'
import { Copy } from './copy.tsx'
import classes from './trouble.module.css'

export type TroubleProps = {
  readonly error: unknown
  /** What failed: `The keys could not be read.` */
  readonly title?: string
  /** Tries again. */
  readonly onRetry?: () => void
}

/** What went wrong, what to do about it, and the request id that an operator can look for. */
export function Trouble({ error, title = 'This could not be done', onRetry }: TroubleProps) {
  const { requestId, helpUrl } = error instanceof ApiTrouble ? error : { requestId: null, helpUrl: null }
  return (
    <Alert
      role="alert"
      variant="default"
      color="red"
      radius="lg"
      className={classes['trouble'] ?? ''}
      title={title}
      icon={<IconAlertTriangle aria-hidden />}
    >
      <Text>{wordsOf(error)}</Text>
      <Group gap="sm" mt="xs">
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        {helpUrl !== null && (
          <Anchor href={helpUrl} size="sm">
            What this means, and what to do
          </Anchor>
        )}
        {requestId !== null && (
          <Group gap={4}>
            <Text size="sm" c="dimmed">
              Request <code>{requestId}</code>
            </Text>
            <Copy text={requestId} label="Copy the request id" />
          </Group>
        )}
      </Group>
    </Alert>
  )
}

/** The server's own words; of what broke in here, that it did. */
const wordsOf = (error: unknown): string =>
  error instanceof ApiTrouble
    ? error.message
    : 'Something on this page broke. Load it again; if that does not help, tell whoever runs this gateway what you did.'
