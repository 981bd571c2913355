import { ActionIcon, Tooltip } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy } from '@tabler/icons-react'

export type CopyProps = {
  readonly text: string
  /** What is copied, for those who do not see what it stands beside. */
  readonly label: string
}

/** Copies, and shows that it did. */
export function Copy({ text, label }: CopyProps) {
  const { copy, copied } = useClipboard()
  return (
    <Tooltip label={copied ? 'Copied' : label}>
      <ActionIcon
        variant="subtle"
        color={copied ? 'mart' : 'gray'}
        size="md"
        onClick={() => copy(text)}
        aria-label={label}
      >
        {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} stroke={1.7} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  )
}
