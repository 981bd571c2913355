import { ActionIcon, Badge, Button, Group, Menu, Stack, Text } from '@mantine/core'
import { IconDots, IconUsers } from '@tabler/icons-react'
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { OperatorPersonJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Count, When } from '../../ui/figures.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { SecondFactorBadge } from '../../ui/second-factor-badge.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { LinkDialog, type LinkAsk } from './link-dialog.tsx'

const peopleQuery = queryOptions({
  queryKey: ['operator', 'people'],
  queryFn: ({ signal }) => ask<{ readonly data: readonly OperatorPersonJson[] }>('/api/operator/people', { signal }),
})

/** What is asked before it is done to somebody. */
type Asked = {
  readonly title: string
  readonly confirm: string
  readonly words: string
  readonly path: `/api/operator/${string}`
}

export function OperatorPeoplePage() {
  const { data, error, refetch } = useQuery(peopleQuery)
  const [link, setLink] = useState<LinkAsk | null>(null)
  const [asked, setAsked] = useState<Asked | null>(null)
  const client = useQueryClient()
  return (
    <>
      <PageHead
        title="People"
        about="Everybody who has an account here. What they may do in an organization is for its owners to say."
        actions={
          <Button
            variant="default"
            onClick={() =>
              setLink({ title: 'A link for another operator', path: '/api/operator/operator-link', for: 'an operator' })
            }
          >
            Invite an operator
          </Button>
        }
      />
      {error ? (
        <Trouble error={error} title="The people could not be read" onRetry={() => void refetch()} />
      ) : (
        <DataTable
          name="people"
          label="People of this gateway"
          columns={columnsOf({ onLink: setLink, onAsk: setAsked })}
          rows={data?.data}
          rowId={({ id }) => id}
          empty={
            <Empty icon={IconUsers} title="Nobody has an account yet">
              Invite the first owner of an organization from its page.
            </Empty>
          }
        />
      )}
      {link !== null && <LinkDialog {...link} onClose={() => setLink(null)} />}
      <ConfirmDialog
        isOpen={asked !== null}
        onClose={() => setAsked(null)}
        title={asked?.title ?? ''}
        confirm={asked?.confirm ?? ''}
        isDangerous
        onConfirm={async () => {
          await ask(asked!.path, { method: 'DELETE' })
          await client.invalidateQueries({ queryKey: peopleQuery.queryKey })
        }}
      >
        {asked?.words}
      </ConfirmDialog>
    </>
  )
}

const columnsOf = (on: Pick<MoreProps, 'onLink' | 'onAsk'>): readonly Column<OperatorPersonJson>[] => [
  { id: 'name', title: 'Person', cell: (person) => <Who person={person} /> },
  {
    id: 'memberships',
    title: 'Organizations',
    align: 'right',
    cell: ({ memberships }) => <Count value={memberships.length} />,
  },
  {
    id: 'second-factor',
    title: 'Second factor',
    cell: (person) => <SecondFactorBadge {...person} />,
  },
  { id: 'created', title: 'Since', cell: ({ createdAt }) => <When at={createdAt} isAgo /> },
  {
    id: 'more',
    title: 'Actions',
    align: 'right',
    cell: (person) => <More person={person} {...on} />,
  },
]

const Who = ({ person }: { readonly person: OperatorPersonJson }) => (
  <Stack gap={0}>
    <Group gap={6}>
      <Text size="sm" fw={550}>
        {person.name}
      </Text>
      {person.isOperator && <Badge color="mart">Operator</Badge>}
    </Group>
    <Text size="xs" c="dimmed">
      {person.email}
    </Text>
  </Stack>
)

type MoreProps = {
  readonly person: OperatorPersonJson
  readonly onLink: (link: LinkAsk) => void
  readonly onAsk: (asked: Asked) => void
}

const More = ({ person, onLink, onAsk }: MoreProps) => (
  <Menu position="bottom-end">
    <Menu.Target>
      <ActionIcon variant="subtle" color="gray" aria-label={`What can be done for ${person.name}`}>
        <IconDots size={16} aria-hidden />
      </ActionIcon>
    </Menu.Target>
    <Menu.Dropdown>
      <Menu.Item
        onClick={() =>
          onLink({
            title: `A new password for ${person.name}`,
            path: `/api/operator/people/${person.id}/password-link`,
            for: person.email,
          })
        }
      >
        Link for a new password
      </Menu.Item>
      <Menu.Item
        onClick={() =>
          onLink({
            title: `Another address for ${person.name}`,
            path: `/api/operator/people/${person.id}/email-link`,
            for: null,
          })
        }
      >
        Link for another address
      </Menu.Item>
      {doneTo(person).map((asked) => (
        <Menu.Item key={asked.path} color="red" onClick={() => onAsk(asked)}>
          {asked.confirm}
        </Menu.Item>
      ))}
    </Menu.Dropdown>
  </Menu>
)

const doneTo = ({ id, name, email, hasSecondFactor, hasPasskey, isOperator }: OperatorPersonJson): readonly Asked[] => [
  ...(hasSecondFactor || hasPasskey
    ? [
        {
          title: `Take the second factor of ${name} away?`,
          confirm: 'Remove the second factor',
          words: `For somebody who lost it: be sure that it is ${email} who asks. Their app, backup codes, passkeys and sessions end, and the password alone opens the account.`,
          path: `/api/operator/people/${id}/second-factor` as const,
        },
      ]
    : []),
  ...(isOperator
    ? [
        {
          title: `Make ${name} no operator any more?`,
          confirm: 'Remove as operator',
          words: 'The console closes for them at once. Memberships stay.',
          path: `/api/operator/operators/${id}` as const,
        },
      ]
    : []),
  {
    title: `Delete the account of ${name}?`,
    confirm: 'Delete the account',
    words: `${email} is signed out everywhere and in no organization any more, for good. What they did stays in the audit log.`,
    path: `/api/operator/people/${id}` as const,
  },
]
