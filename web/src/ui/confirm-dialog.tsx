import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { Dialog } from './dialog.tsx'
import { Trouble } from './trouble.tsx'

export type ConfirmDialogProps = {
  readonly isOpen: boolean
  readonly onClose: () => void
  /** A question: `Revoke “production”?` */
  readonly title: string
  /** What will happen, and what cannot be undone. */
  readonly children: ReactNode
  /** The verb: `Revoke`. */
  readonly confirm: string
  readonly isDangerous?: boolean
  /** What must be typed first, where a mistake would be dear. */
  readonly typed?: string
  /** Does it; what it rejects with is shown, and the dialog stays. */
  readonly onConfirm: () => Promise<unknown>
}

/** Asks before something is done, does it, and closes when it is. */
export const ConfirmDialog = (props: ConfirmDialogProps) =>
  props.isOpen && (
    <Dialog onClose={props.onClose} title={props.title}>
      <Question {...props} />
    </Dialog>
  )

/** Begins anew each time that the dialog opens. */
function Question({ children, confirm, isDangerous = false, typed, onConfirm, onClose }: ConfirmDialogProps) {
  const [text, setText] = useState('')
  const { mutate, isPending, error } = useMutation({ mutationFn: onConfirm, onSuccess: onClose })
  const isTyped = typed === undefined || text.trim() === typed
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (isTyped) mutate()
      }}
    >
      <Stack gap="md">
        <div>{children}</div>
        {typed !== undefined && (
          <TextInput
            label={`Type ${typed} to go on`}
            value={text}
            autoComplete="off"
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        {error !== null && <Trouble error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" {...(isDangerous && { color: 'red' })} loading={isPending} disabled={!isTyped}>
            {confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
