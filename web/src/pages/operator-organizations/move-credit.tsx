import { SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { OperatorCreditInputJson, OperatorOrganizationJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import type { Mode } from '../../shell/mode.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Money } from '../../ui/money.tsx'
import { organizationsPath, useAgain } from './organizations-query.ts'

const route = getRouteApi('/inside/operator')

type MoveCreditProps = {
  readonly of: OperatorOrganizationJson
  readonly direction: 'grant' | 'revoke'
  readonly onClose: () => void
}

const words = {
  grant: {
    title: 'Grant credit to',
    confirm: 'Grant',
    path: 'grants',
    about: 'It can be spent from its next request on.',
  },
  revoke: {
    title: 'Take credit back from',
    confirm: 'Take back',
    path: 'revocations',
    about: 'By reversals of what was given, the newest first: all of the amount, or nothing where less is unspent.',
  },
} as const

/** Gives credit or takes it back, once: a second try of the same dialog does nothing new. */
export function MoveCredit({ of, direction, onClose }: MoveCreditProps) {
  const { title, confirm, path, about } = words[direction]
  const { usualMode } = route.useRouteContext()
  const [mode, setMode] = useState<Mode>(usualMode)
  const [usd, setUsd] = useState('')
  const [note, setNote] = useState('')
  const [idempotencyKey] = useState(() => crypto.randomUUID())
  const again = useAgain()
  const move = async (): Promise<void> => {
    const body: OperatorCreditInputJson = {
      mode,
      usd: usd.trim(),
      idempotencyKey,
      ...(note.trim() !== '' && { note: note.trim() }),
    }
    await ask(`${organizationsPath}/${of.id}/${path}`, { method: 'POST', body })
    await again()
  }
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`${title} “${of.name}”`}
      confirm={confirm}
      isDangerous={direction === 'revoke'}
      onConfirm={move}
    >
      <Stack gap="md">
        <SegmentedControl
          aria-label="Of which credit"
          value={mode}
          onChange={(value) => setMode(value)}
          data={[
            { value: 'live' as const, label: 'Live credit' },
            { value: 'test' as const, label: 'Test credit' },
          ]}
        />
        <Text size="sm">
          It has <Money nano={of.balances.find((balance) => balance.mode === mode)?.availableNano ?? '0'} isBalance />{' '}
          of it available. {about}
        </Text>
        <TextInput
          label="Amount, USD"
          placeholder="25.00"
          inputMode="decimal"
          required
          value={usd}
          onChange={(event) => setUsd(event.currentTarget.value)}
        />
        <TextInput
          label="Note"
          description="Stands on the statement."
          maxLength={200}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
      </Stack>
    </ConfirmDialog>
  )
}
