import { Card, SimpleGrid, Stack } from '@mantine/core'
import { useState } from 'react'
import { keptKey } from '../../api/kept-key.ts'
import { CodeTabs } from '../../ui/code-tabs.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import type { Ask } from './call.ts'
import { Conversation } from './conversation.tsx'
import classes from './playground.module.css'
import { ReceiptCard } from './receipt-card.tsx'
import { Settings, type Chosen } from './settings.tsx'
import { snippetsOf } from './snippets.ts'
import { useExchanges } from './use-exchanges.ts'

const greeting = 'Say hello in three languages.'

/** A call with one's own key: what comes, what it costs, and the code that does the same. */
export function PlaygroundPage() {
  const [key, setKey] = useState(keptKey.read)
  const [chosen, setChosen] = useState<Chosen>({ task: 'chat', dialect: 'openai', model: '', system: '' })
  const [draft, setDraft] = useState(greeting)
  const { exchanges, send, stop, clear, isBusy } = useExchanges(key)
  const ask: Ask = { ...chosen, turns: [...turnsOf(chosen, exchanges), { role: 'user', text: draft }] }
  // Of what was asked last, while nothing new is written.
  const coded = draft.trim() === '' ? (exchanges.at(-1)?.ask ?? ask) : ask
  const isReady = key !== '' && chosen.model !== '' && draft.trim() !== ''
  const sendIt = (): void => {
    if (!isReady || isBusy) return
    send(ask)
    setDraft('')
  }
  return (
    <>
      <PageHead
        title="Playground"
        about="A call with your own key, charged as any other is: the answer as it comes, what it cost, and the code for it."
      />
      <div className={classes['columns']} data-keyless={key === '' || undefined}>
        <Conversation
          exchanges={exchanges}
          draft={draft}
          onDraft={setDraft}
          onSend={sendIt}
          onStop={stop}
          onClear={clear}
          isBusy={isBusy}
          isReady={isReady}
        />
        <Stack gap="md" className={classes['side'] ?? ''}>
          <Settings
            value={chosen}
            onChange={setChosen}
            keyText={key}
            onKey={(text) => {
              keptKey.write(text)
              setKey(text)
            }}
          />
          <ReceiptCard exchange={exchanges.findLast(({ requestId }) => requestId !== null) ?? null} keyText={key} />
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
