import { Button, Stack, Text, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, type ReactNode } from 'react'
import { Trouble } from '../../ui/trouble.tsx'

export type OutsidePageProps = {
  readonly title: string
  /** One sentence of what is to be done. */
  readonly about?: ReactNode
  readonly children: ReactNode
}

/** A page of somebody who is not signed in: a title, and one thing to do. */
export function OutsidePage({ title, about, children }: OutsidePageProps) {
  useEffect(() => {
    document.title = `${title} · AICreditMart`
  }, [title])
  return (
    <Stack gap="lg">
      <Stack gap={6}>
        <Title order={1}>{title}</Title>
        {about !== undefined && <Text c="dimmed">{about}</Text>}
      </Stack>
      {children}
    </Stack>
  )
}

export type OutsideFormProps = {
  /** The verb. */
  readonly submit: string
  readonly onSubmit: () => Promise<unknown>
  readonly children?: ReactNode
  /** Whether all that is needed is there. */
  readonly isReady?: boolean
}

/** Fields and one button; what goes wrong is said above it. */
export function OutsideForm({ submit, onSubmit, children, isReady = true }: OutsideFormProps) {
  const { mutate, isPending, error } = useMutation({ mutationFn: onSubmit })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!isPending && isReady) mutate()
      }}
    >
      <Stack gap="md">
        {children}
        {error !== null && <Trouble error={error} />}
        <Button type="submit" size="md" loading={isPending} fullWidth>
          {submit}
        </Button>
      </Stack>
    </form>
  )
}
