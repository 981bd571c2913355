import { Group, PasswordInput, Select, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
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
  const { may } = useOrganization()
  const [pasted, setPasted] = useState('')
  const pass = usePass({ keys, onSecret })
  const paste = (text: string): void => {
    setPasted(text)
    pass.lend(null)
    if (keyLike.test(text)) keptKey.write(text)
    onSecret(keyLike.test(text) ? text : null)
  }
  const choose = (keyId: string | null): void => {
    setPasted('')
    pass.lend(keyId)
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
            value={pass.of}
            onChange={choose}
          />
        )}
      </Group>
      <Text size="sm" c="dimmed" aria-live="polite">
        {pass.hasEnded && 'The pass has ended, and is taken out of the code. Lend one again, or paste the key.'}
        {pass.until !== undefined && (
          <>
            A pass of the key stands in the code below until <When at={pass.until} />. Programs of yours need the key
            itself.
          </>
        )}
      </Text>
      {pass.error && <Trouble error={pass.error} title="The key could not be lent" />}
    </>
  )
}

/** A pass of one of the keys, told to the code until it ends, or its key does. */
function usePass({ keys, onSecret }: KeyInCodeProps) {
  const { organization } = useOrganization()
  const [of, setOf] = useState<string | null>(null)
  const { data, mutate, reset, error } = useMutation({
    mutationFn: (keyId: string) => lendPass({ organization: organization.id, keyId }),
  })
  const until = of === null ? undefined : data?.until
  const isGone = of !== null && !keys.some(({ id }) => id === of)
  useEffect(() => {
    if (until === undefined) return
    const end = (): void => {
      setOf(null)
      onSecret(null)
    }
    const timer = setTimeout(end, isGone ? 0 : Date.parse(until) - Date.now())
    return () => clearTimeout(timer)
  }, [until, isGone, onSecret])
  const lend = (keyId: string | null): void => {
    setOf(keyId)
    reset()
    onSecret(null)
    // Told to this choice alone: after another one, nobody hears of it.
    if (keyId !== null) mutate(keyId, { onSuccess: ({ secret }) => onSecret(secret) })
  }
  return { of, lend, until, hasEnded: of === null && data !== undefined, error }
}
