import { ActionIcon, Kbd, Text, UnstyledButton } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight, spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Permission } from '../../../src/control/contract-pages.ts'
import { commandSources, dashboardPlaces, operatorPlaces } from '../areas.ts'
import type { Command, CommandContext, CommandSource, Place } from './area.ts'
import classes from './commands.module.css'
import { usePlace, type PlaceView } from './place.ts'

/** Where Apple's keyboards are, the key is ⌘. */
const isApple = /mac|iphone|ipad/i.test(navigator.userAgent)

/** Opens ⌘K for those who do not know the key. */
export const CommandButton = ({ isSmall = false }: { readonly isSmall?: boolean }) =>
  isSmall ? (
    <ActionIcon variant="subtle" color="gray" size="lg" onClick={spotlight.open} aria-label="Search">
      <IconSearch size={18} aria-hidden />
    </ActionIcon>
  ) : (
    <UnstyledButton className={classes['button']} onClick={spotlight.open}>
      <IconSearch size={16} stroke={1.7} aria-hidden />
      <Text span c="dimmed">
        Go to or find
      </Text>
      <Kbd size="xs">{isApple ? '⌘K' : 'Ctrl K'}</Kbd>
    </UnstyledButton>
  )

const pauseMs = 150
const foundMax = 8
const foundHeight = 'min(420px, calc(100dvh - 200px))'

/** ⌘K: pages at once, and what the areas find by the text. */
export function Commands() {
  const place = usePlace()
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [asked] = useDebouncedValue(text.trim(), pauseMs)
  const go = (url: string): void => void navigate({ href: url } as never)
  const may = (permission: Permission): boolean => place.organization?.permissions.includes(permission) === true
  const context: CommandContext = { organization: place.organization?.id ?? null, mode: place.mode ?? 'test', may, go }
  const { data: found = [], isFetching } = useFound(asked, context, place)
  return (
    <Spotlight
      query={text}
      onQueryChange={setText}
      shortcut={['mod + K']}
      scrollable
      maxHeight={foundHeight}
      // Always as high, so that nothing moves while one types.
      styles={{ actionsList: { height: foundHeight } }}
      limit={foundMax * 3}
      radius="lg"
      attributes={{ content: { 'aria-label': 'Go to or find' } }}
      searchProps={{
        leftSection: <IconSearch size={18} stroke={1.7} aria-hidden />,
        placeholder: 'Pages, keys, models, request ids',
      }}
      nothingFound={
        // Of a text that is not asked for yet, nothing is known.
        isFetching || asked !== text.trim()
          ? 'Looking …'
          : 'Nothing is called that. Try a page, a key’s name, a model or a request id.'
      }
      actions={[...pageActions(place, go), ...grouped(found)]}
      // What the areas found by the text is shown, whatever it is called.
      filter={(query, actions) => matching(query, actions as SpotlightActionGroupData[])}
    />
  )
}

function useFound(text: string, context: CommandContext, { session }: PlaceView) {
  const isOperator = session?.person.isOperator === true
  const sources = commandSources.filter(({ needs }) =>
    needs === 'operator' ? isOperator : needs === null || context.may(needs),
  )
  return useQuery({
    queryKey: ['commands', context.organization, context.mode, text],
    enabled: text.length > 1 && sources.length > 0,
    queryFn: async ({ signal }) =>
      (await Promise.all(sources.map((source) => findIn(source, text, context, signal)))).flat(),
  })
}

/** One source that fails hides none of the others. */
async function findIn(
  source: CommandSource,
  text: string,
  context: CommandContext,
  signal: AbortSignal,
): Promise<readonly Command[]> {
  try {
    return (await source.find(text, context, signal)).slice(0, foundMax)
  } catch {
    return []
  }
}

function pageActions(place: PlaceView, go: (url: string) => void): SpotlightActionGroupData[] {
  const { organization, mode, session } = place
  const dashboard = dashboardPlaces.filter(({ needs }) => needs === null || organization?.permissions.includes(needs))
  return [
    ...(organization
      ? [
          {
            group: 'Dashboard',
            actions: dashboard.map((each) => action(each, `/dashboard/${organization.id}`, mode, go)),
          },
        ]
      : []),
    ...(session?.person.isOperator
      ? [{ group: 'Console', actions: operatorPlaces.map((each) => action(each, '/operator', null, go)) }]
      : []),
    ...(session && session.organizations.length > 1 ? [switches(session.organizations, go)] : []),
    {
      group: 'Everywhere',
      actions: [
        { id: 'playground', label: 'Playground', onClick: () => go(`/playground${ofPlace(place)}`) },
        {
          id: 'account',
          label: 'Account and security',
          keywords: ['password', 'two-factor', 'passkey', 'theme'],
          onClick: () => go('/account'),
        },
        { id: 'docs', label: 'API reference', keywords: ['docs'], onClick: () => location.assign('/docs') },
      ],
    },
  ]
}

/** To the other organizations of whoever has some. */
const switches = (all: Session['organizations'], go: (url: string) => void): SpotlightActionGroupData => ({
  group: 'Your organizations',
  actions: all.map(({ id, name }) => ({ id: `go ${id}`, label: name, onClick: () => go(`/dashboard/${id}/home`) })),
})
type Session = NonNullable<PlaceView['session']>

/** For pages that stand outside of the organization's own, so that two tabs keep theirs apart. */
const ofPlace = ({ organization, mode }: PlaceView): string =>
  organization && mode ? `?organization=${encodeURIComponent(organization.id)}&mode=${mode}` : ''

function action(place: Place, base: string, mode: string | null, go: (url: string) => void): SpotlightActionData {
  const { title, icon: Icon, path, keywords = [] } = place
  const url = `${base}/${path}${mode === null ? '' : `?mode=${mode}`}`
  return {
    id: url,
    label: title,
    keywords: [...keywords],
    leftSection: <Icon size={18} stroke={1.6} aria-hidden />,
    onClick: () => go(url),
  }
}

const foundMark = 'found:'

const grouped = (found: readonly Command[]): SpotlightActionGroupData[] =>
  [...Map.groupBy(found, ({ group }) => group)].map(([group, commands]) => ({
    group,
    actions: commands.map(({ id, title, about, run }) => ({
      id: `${foundMark}${id}`,
      label: title,
      ...(about !== undefined && { description: about }),
      onClick: run,
    })),
  }))

const matching = (query: string, groups: readonly SpotlightActionGroupData[]): SpotlightActionGroupData[] => {
  const words = query.toLowerCase().trim().split(/\s+/)
  const isMatch = ({ id, label = '', keywords = [] }: SpotlightActionData): boolean => {
    const said = [label, keywords].flat().join(' ').toLowerCase()
    return id.startsWith(foundMark) || words.every((word) => said.includes(word))
  }
  return groups
    .map((group) => ({ ...group, actions: group.actions.filter(isMatch) }))
    .filter(({ actions }) => actions.length > 0)
}
