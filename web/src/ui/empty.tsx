import { Stack, Text, ThemeIcon, Title } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'

export type EmptyProps = {
  readonly icon: Icon
  readonly title: string
  /** What would be here, and how it comes to be. */
  readonly children?: ReactNode
  /** What to do now. */
  readonly action?: ReactNode
}

/** Where there is nothing yet: it teaches what would be here. */
export const Empty = ({ icon: Icon, title, children, action }: EmptyProps) => (
  <Stack align="center" gap="xs" py={56} px="md" ta="center">
    <ThemeIcon size={44} radius="xl" variant="light" color="gray" mb={4}>
      <Icon size={22} stroke={1.6} aria-hidden />
    </ThemeIcon>
    <Title order={2}>{title}</Title>
    {children !== undefined && (
      <Text c="dimmed" maw="56ch" component="div">
        {children}
      </Text>
    )}
    {action !== undefined && <div style={{ marginTop: 10 }}>{action}</div>}
  </Stack>
)
