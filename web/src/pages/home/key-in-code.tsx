import { Group, PasswordInput, Select, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageKeyJson } from '../../../../src/control/contract-pages.ts'
import { keptKey } from '../../api/kept-key.ts'
import { keyLike } from '../../api/keyed-call.ts'
import { lendPass } from '../../api/passes.ts'
import { useOrganization } from '../../shell/organization.ts'
import { When } from '../../ui/figures.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { nameOf } from '../keys/key-name.ts'

type KeyInCodeProps = {
  readonly keys: readonly PageKeyJson[]
  /** Told the secret that the code should show; null for none. */
  readonly onSecret: (secret: string | null) => void
}

/** A key of one's own for the code below: pasted, or by a pass of one, since secrets are shown only once. In memory alone. */
export function KeyInCode({ keys, onSecret }: KeyInCodeProps) {
  const { organization, may } = useOrganization()
  const [pasted, setPasted] = useState('')
  const [chosen, setChosen] = useState<string | null>(null)
  const lending = useMutation({
    mutationFn: (keyId: string) => lendPass({ organization: organization.id, keyId }),
    onSuccess: ({ secret }) => onSecret(secret),
  })
  const paste = (text: string): void => {
    setPasted(text)
    setChosen(null)
    lending.reset()
    if (keyLike.test(text)) keptKey.write(text)
    onSecret(keyLike.test(text) ? text : null)
  }
  const choose = (keyId: string | null): void => {
    setChosen(keyId)
    setPasted('')
    onSecret(null)
    if (keyId !== null) lending.mutate(keyId)
  }
  return (
    <>
      <Group gap="sm" align="flex-start">
        <PasswordInput
          label="Paste it into the code"
          placeholder="sk-bf-…"
          autoComplete="off"
          spellCheck={false}
          w={260}
          value={pasted}
          error={pasted !== '' && !keyLike.test(pasted) && 'A key is sk-bf- and 36 characters.'}
          onChange={(event) => paste(event.currentTarget.value.trim())}
        />
        {may('keys.write') && (
          <Select
            label="Or lend one for ten minutes"
            placeholder="None"
            clearable
            w={260}
            data={keys.map((key) => ({ value: key.id, label: nameOf(key) }))}
            value={chosen}
            onChange={choose}
          />
        )}
      </Group>
      <Text size="sm" c="dimmed" aria-live="polite">
        {lending.data && chosen !== null && (
          <>
            A pass of the key stands in the code below until <When at={lending.data.until} />. Programs of yours need
            the key itself.
          </>
        )}
      </Text>
      {lending.error && <Trouble error={lending.error} title="The key could not be lent" />}
    </>
  )
}
