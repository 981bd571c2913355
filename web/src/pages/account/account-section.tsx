import { Card, Group, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

export type AccountSectionProps = {
  readonly title: string
  readonly about: ReactNode
  /** What can be done, at the right. */
  readonly action?: ReactNode
  readonly children?: ReactNode
}

/** One part of an account. */
export const AccountSection = ({ title, about, action, children }: AccountSectionProps) => (
  <Card component="section" aria-label={title}>
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={2} flex="1 1 260px">
          <Title order={2}>{title}</Title>
          <Text c="dimmed" maw="68ch" component="div">
            {about}
          </Text>
        </Stack>
        {action}
      </Group>
      {children}
    </Stack>
  </Card>
)
