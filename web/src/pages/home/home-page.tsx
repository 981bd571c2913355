import { SimpleGrid, Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { organizationQuery, useOrganization } from '../../shell/organization.ts'
import { When } from '../../ui/figures.tsx'
import { shownCount, shownRate, shownUsd } from '../../ui/format.ts'
import { Money } from '../../ui/money.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import { Stat } from '../../ui/stat.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { Succeeded } from './first-outcome.tsx'
import { FirstSteps } from './first-steps.tsx'
import { guided } from './guided.ts'
import { homeQuery } from './home-query.ts'
import { LastErrors, NewestRequests } from './newest.tsx'
import { useLive, type Live } from './use-live.ts'

/** Of one organization and mode: of another, nothing is kept. */
export function HomePage() {
  const { organization, mode } = useOrganization()
  return <Glance key={`${organization.id} ${mode}`} />
}

function Glance() {
  const { organization, mode } = useOrganization()
  const live = useLive()
  const { data, error, refetch } = useQuery(homeQuery(organization.id, mode))
  // What could not be read is not waited for.
  const isLost = error !== null && data === undefined
  return (
    <>
      <PageHead title="Home" about={liveWords[live.state]} />
      <Stack gap="lg">
        {error && <Trouble error={error} title="The figures could not be read" onRetry={() => void refetch()} />}
        <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }}>
          <Available />
          {!isLost && <Today />}
          {!isLost && <Burn />}
          <Now live={live} />
        </SimpleGrid>
        {!isLost && <Happening live={live} />}
      </Stack>
    </>
  )
}

/** The way to a first call until one succeeded and whoever was led has seen so; and what went through lately. */
function Happening({ live }: { readonly live: Live }) {
  const { organization, mode, may } = useOrganization()
  const of = { organization: organization.id, mode }
  const [isClosed, setClosed] = useState(false)
  const home = useHome()
  if (!home) return <Skeleton height={300} radius="lg" />
  const newest = live.newest[0] ?? home.lastRequest
  const success = live.newest.find(({ isError }) => !isError) ?? home.lastSuccess
  const isNew = home.isComplete && success === null && may('keys.read') && may('requests.read')
  const close = (): void => {
    guided.end(of)
    setClosed(true)
  }
  return (
    <>
      {isNew && <FirstSteps refused={newest} />}
      {!isClosed && success && guided.is(of) && <Succeeded entry={success} onClose={close} />}
      {newest && may('requests.read') && (
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
          <NewestRequests live={live} />
          <LastErrors home={home} />
        </SimpleGrid>
      )}
    </>
  )
}

const liveWords = {
  live: 'What happens shows here within a second.',
  connecting: 'Connecting …',
  waiting: 'Not connected at the moment; trying again.',
} as const

const useHome = () => {
  const { organization, mode } = useOrganization()
  return useQuery(homeQuery(organization.id, mode)).data
}

function Available() {
  const { organization, mode } = useOrganization()
  const { data = organization } = useQuery(organizationQuery(organization.id))
  const balance = data.balances.find((each) => each.mode === mode)
  if (!balance) return <Stat label="Available" value={undefined} />
  const { availableNano, heldNano, reservedNano } = balance
  return (
    <Stat
      label={mode === 'test' ? 'Available test credit' : 'Available'}
      value={<Money nano={availableNano} copies isBalance />}
      about={
        <>
          <Money nano={heldNano} /> held · <Money nano={reservedNano} /> set aside for jobs
        </>
      }
    />
  )
}

function Today() {
  const home = useHome()
  if (!home) return <Stat label="Spent today" value={undefined} />
  const { spentNano, yesterdaySpentNano, requests } = home.today
  return (
    <Stat
      label="Spent today"
      value={<Money nano={spentNano} copies />}
      change={changeOf(spentNano, yesterdaySpentNano)}
      about={
        <>
          {yesterdaySpentNano === '0' ? '' : 'than yesterday by this time · '}
          {shownCount(requests)} {requests === 1 ? 'request' : 'requests'}
        </>
      }
    />
  )
}

/** Of one; null where there was nothing before. A share may be a float: it is no money. */
const changeOf = (nano: string, before: string): number | null =>
  before === '0' ? null : Number(nano) / Number(before) - 1

const windowWords: Readonly<Record<number, string>> = { 1: 'the last hour', 24: 'the last day', 168: 'the last week' }

function Burn() {
  const home = useHome()
  if (!home) return <Stat label="Lasts until" value={undefined} />
  const { burn, lastsUntil } = home
  if (burn === null) return <Stat label="Lasts until" value="–" about="Nothing was spent in the last week." />
  return (
    <Stat
      label="Lasts until"
      value={lastsUntil === null ? 'for years' : <When at={lastsUntil} precision="date" />}
      about={
        <>
          <Money nano={burn.nanoPerHour} /> an hour, by {windowWords[burn.windowHours] ?? `${burn.windowHours} h`}
        </>
      }
    />
  )
}

function Now({ live: { frame, rates, state } }: { readonly live: Live }) {
  if (frame === null && state === 'waiting') return <Stat label="Right now" value="–" about="Not connected." />
  if (frame === null) return <Stat label="Right now" value={undefined} />
  const { requestsPerSecond, nanoPerMinute, errorsPerMinute } = frame
  return (
    <Stat
      label="Right now"
      value={`${shownRate(requestsPerSecond)}/s`}
      about={
        <>
          {shownUsd(nanoPerMinute)} a minute
          {errorsPerMinute > 0 &&
            ` · ${shownCount(errorsPerMinute)} ${errorsPerMinute === 1 ? 'error' : 'errors'} a minute`}
        </>
      }
      aside={<Sparkline values={rates} />}
    />
  )
}
