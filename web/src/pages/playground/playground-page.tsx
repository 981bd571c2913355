import { Card, SimpleGrid, Stack } from '@mantine/core'
import { useState } from 'react'
import { CodeTabs } from '../../ui/code-tabs.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { pastedKey } from './area.ts'
import type { Ask } from './call.ts'
import { Conversation } from './conversation.tsx'
import classes from './playground.module.css'
import { ReceiptCard } from './receipt-card.tsx'
import { Settings, type Chosen } from './settings.tsx'
import { snippetsOf } from './snippets.ts'
import { useExchanges } from './use-exchanges.ts'
import { useGivenKey } from './use-given-key.ts'

const greeting = 'Say hello in three languages.'
/** Stands in the code until a model is chosen, as something to fill in. */
const unchosen = 'MODEL'

/** A call with a key of one's own: what comes, what it costs, and the code that does the same. */
export function PlaygroundPage() {
  const keyState = useGivenKey()
  const { given } = keyState
  const [chosen, setChosen] = useState<Chosen>({ task: 'chat', dialect: 'openai', model: '', system: '' })
  const [draft, setDraft] = useState(greeting)
  const { exchanges, send, stop, clear, isBusy } = useExchanges(given)
  const ask: Ask = { ...chosen, turns: [...turnsOf(chosen, exchanges), { role: 'user', text: draft }] }
  // Of what was asked last, while nothing new is written.
  const last = draft.trim() === '' ? (exchanges.at(-1)?.ask ?? ask) : ask
  const coded = last.model === '' ? { ...last, model: unchosen } : last
  const isReady = given !== null && chosen.model !== '' && draft.trim() !== ''
  const sendIt = (): void => {
    if (!isReady || isBusy) return
    send(ask)
    setDraft('')
  }
  return (
    <>
      <PageHead
        title="Playground"
        about="A call with a key of your own, charged as any other is: the answer as it comes, what it cost, and the code for it."
      />
      <div
        className={classes['columns']}
        data-keyless={keyState.own === null || keyState.chosen === pastedKey || undefined}
      >
        <Conversation
          exchanges={exchanges}
          draft={draft}
          onDraft={setDraft}
          onSend={sendIt}
          onStop={stop}
          onClear={clear}
          isBusy={isBusy}
          isReady={isReady}
          hasKeys={keyState.own !== null}
        />
        <Stack gap="md" className={classes['side'] ?? ''}>
          <Settings value={chosen} onChange={setChosen} keyState={keyState} />
          <ReceiptCard exchange={exchanges.findLast(({ requestId }) => requestId !== null) ?? null} />
        </Stack>
      </div>
      <SimpleGrid mt="lg">
        <Card>
          <CodeTabs label="This call as code" snippets={snippetsOf(coded, location.origin)} />
        </Card>
      </SimpleGrid>
    </>
  )
}

type Exchanges = ReturnType<typeof useExchanges>['exchanges']

/** A chat goes on; what else is asked stands alone. */
const turnsOf = ({ task }: Chosen, exchanges: Exchanges): Ask['turns'] =>
  task === 'chat'
    ? exchanges.flatMap(({ ask, text, error }) =>
        ask.task === 'chat' && error === null && text !== ''
          ? [ask.turns.at(-1)!, { role: 'assistant' as const, text }]
          : [],
      )
    : []
