import { Button, Card, Group, Loader, Text, Textarea } from '@mantine/core'
import { IconEraser, IconPlayerStop, IconSend2, IconTerminal2 } from '@tabler/icons-react'
import type { KeyboardEvent } from 'react'
import { Empty } from '../../ui/empty.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import classes from './playground.module.css'
import type { Exchange } from './use-exchanges.ts'

type ConversationProps = {
  readonly exchanges: readonly Exchange[]
  readonly draft: string
  readonly onDraft: (text: string) => void
  readonly onSend: () => void
  readonly onStop: () => void
  readonly onClear: () => void
  readonly isBusy: boolean
  readonly isReady: boolean
  /** Whether keys stand in a list; else one is pasted. */
  readonly hasKeys: boolean
}

export const Conversation = (props: ConversationProps) => (
  <Card padding={0} className={classes['conversation'] ?? ''}>
    <div className={classes['exchanges']} role="log" aria-label="Answers" aria-busy={props.isBusy}>
      {props.exchanges.length === 0 ? (
        <Empty icon={IconTerminal2} title="Nothing asked yet">
          {props.hasKeys
            ? 'Choose a key and a model, and send. The call is one of that key’s: it counts against its limits, and its receipt stands among the requests.'
            : 'Paste a key, choose a model, and send. The key stays in this page’s memory: it is in no storage of the browser, and gone when the page is.'}
        </Empty>
      ) : (
        props.exchanges.map((exchange) => <Answer key={exchange.id} exchange={exchange} />)
      )}
    </div>
    <Composer {...props} />
  </Card>
)

function Answer({ exchange }: { readonly exchange: Exchange }) {
  const { ask, text, media, note, error, state } = exchange
  return (
    <article className={classes['exchange']}>
      <p className={classes['asked']}>{ask.turns.at(-1)?.text}</p>
      <Text size="xs" c="dimmed">
        {ask.model}
      </Text>
      {text !== '' && <p className={classes['text']}>{text}</p>}
      {media.map(({ kind, url }) =>
        kind === 'image' ? (
          <img key={url} src={url} alt={`What ${ask.model} made of: ${ask.turns.at(-1)?.text}`} />
        ) : (
          // What a model made has no captions.
          // oxlint-disable-next-line jsx-a11y/media-has-caption
          <video key={url} src={url} controls />
        ),
      )}
      {state === 'running' && (
        <Group gap="xs" mt={6}>
          <Loader size={14} />
          {note !== null && <Text size="sm">{note}</Text>}
        </Group>
      )}
      {state === 'stopped' && (
        <Text size="sm" c="dimmed">
          Stopped. What had come by then is charged.
        </Text>
      )}
      {error !== null && <Trouble error={error} title="The call was not answered" />}
    </article>
  )
}

function Composer({ draft, onDraft, onSend, onStop, onClear, isBusy, isReady, exchanges }: ConversationProps) {
  const sendOnEnter = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    onSend()
  }
  return (
    <form
      className={classes['composer']}
      onSubmit={(event) => {
        event.preventDefault()
        onSend()
      }}
    >
      <Textarea
        aria-label="What to ask"
        placeholder="What to ask"
        autosize
        minRows={2}
        maxRows={10}
        value={draft}
        onChange={(event) => onDraft(event.currentTarget.value)}
        onKeyDown={sendOnEnter}
      />
      <Group justify="space-between" mt="xs">
        <Button
          variant="subtle"
          color="gray"
          size="xs"
          leftSection={<IconEraser size={15} aria-hidden />}
          disabled={exchanges.length === 0 || isBusy}
          onClick={onClear}
        >
          Begin anew
        </Button>
        {isBusy ? (
          <Button size="xs" variant="default" leftSection={<IconPlayerStop size={15} aria-hidden />} onClick={onStop}>
            Stop
          </Button>
        ) : (
          <Button size="xs" type="submit" leftSection={<IconSend2 size={15} aria-hidden />} disabled={!isReady}>
            Send
          </Button>
        )}
      </Group>
    </form>
  )
}
