/** The kit on one page, for those who build pages, and for test/browser/kit.test.ts, which is all that builds it. */
import '@mantine/core/styles.layer.css'
import '@mantine/dates/styles.layer.css'
import '@mantine/charts/styles.layer.css'
import '../src/main.css'
import { Button, Card, MantineProvider, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { IconKey } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiTrouble } from '../src/api/client.ts'
import { cssVariables, theme } from '../src/theme.ts'
import { Bars, Lines } from '../src/ui/charts.tsx'
import { CodeTabs } from '../src/ui/code-tabs.tsx'
import { ConfirmDialog } from '../src/ui/confirm-dialog.tsx'
import { Copy } from '../src/ui/copy.tsx'
import { DataTable, type Column, type Sort } from '../src/ui/data-table.tsx'
import { Empty } from '../src/ui/empty.tsx'
import { Count, Duration, When } from '../src/ui/figures.tsx'
import { Filters, type FilterSearch } from '../src/ui/filters.tsx'
import { shownTime, shownUsd } from '../src/ui/format.ts'
import { Gauge } from '../src/ui/gauge.tsx'
import { Money } from '../src/ui/money.tsx'
import { PageHead } from '../src/ui/page-head.tsx'
import { Secret } from '../src/ui/secret.tsx'
import { Sparkline } from '../src/ui/sparkline.tsx'
import { Stat } from '../src/ui/stat.tsx'
import { TimeRangePicker } from '../src/ui/time-range-picker.tsx'
import type { TimeRangeSearch } from '../src/ui/time-range.ts'
import { Trouble } from '../src/ui/trouble.tsx'

const firstAt = Date.parse('2026-11-24T00:00:00Z')
const hourMs = 3_600_000
const points = Array.from({ length: 48 }, (_, at) => ({
  at: new Date(firstAt + at * 3 * hourMs).toISOString(),
  values: {
    chat: 4e9 + 3e9 * Math.sin(at / 4) + (at % 7) * 2e8,
    image: 1e9 + 8e8 * Math.cos(at / 5),
    other: at % 5 === 0 ? 4e8 : 0,
  },
}))
const series = [
  { id: 'chat', title: 'gpt-5.4', color: 'mart.5' },
  { id: 'image', title: 'gpt-image-2', color: 'blue.5' },
  { id: 'other', title: 'gemini-3-flash', color: 'amber.5' },
]
const shownNano = (nano: number): string => shownUsd(Math.round(nano).toString())
const shownAt = (at: string): string => shownTime(at, 'minute', { zone: 'UTC', language: 'en-GB' })

type Row = {
  readonly id: string
  readonly name: string
  readonly spent: string
  readonly calls: number
  readonly at: string
}
const rows: readonly Row[] = Array.from({ length: 14 }, (_, at) => ({
  id: `key_${at}`,
  name: ['production', 'staging', 'nightly evaluation', 'a colleague’s laptop'][at % 4]!,
  spent: String(12_345_678_901n * BigInt(at * at)),
  calls: at * 1_234,
  at: new Date(firstAt + at * hourMs).toISOString(),
}))
const columns: readonly Column<Row>[] = [
  { id: 'name', title: 'Name', cell: ({ name }) => name, sorts: 'up' },
  { id: 'id', title: 'Id', cell: ({ id }) => <code>{id}</code>, isHidden: true },
  { id: 'at', title: 'Last used', cell: ({ at }) => <When at={at} zone="UTC" />, sorts: 'down' },
  { id: 'calls', title: 'Requests', align: 'right', cell: ({ calls }) => <Count value={calls} />, sorts: 'down' },
  { id: 'spent', title: 'Spent', align: 'right', cell: ({ spent }) => <Money nano={spent} />, sorts: 'down' },
]

function KitPage() {
  const [isAsking, setAsking] = useState(false)
  return (
    <main style={{ maxWidth: 1200, margin: '0 auto', padding: 20 }}>
      <PageHead
        title="The kit"
        about="Everything that pages are made of."
        actions={<Button onClick={() => setAsking(true)}>Revoke</Button>}
      />
      <Stack gap="xl">
        <Figures />
        <Charts />
        <Rows />
        <Limits />
        <Words />
      </Stack>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title="Revoke “production”?"
        confirm="Revoke"
        isDangerous
        typed="production"
        onConfirm={() =>
          Promise.reject(new ApiTrouble('This key has been revoked already.', { code: 'key_revoked', status: 409 }))
        }
      >
        Calls with it are refused at once. This cannot be undone.
      </ConfirmDialog>
    </main>
  )
}

const Figures = () => (
  <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }}>
    <Stat
      label="Available"
      value={<Money nano="1234567890123" copies />}
      about={
        <>
          of <Money nano="2000000000000" />
        </>
      }
    />
    <Stat
      label="Spent today"
      value={<Money nano="43210000" copies />}
      change={0.12}
      about="against yesterday"
      aside={<Sparkline values={points.map(({ values }) => values.chat)} />}
    />
    <Stat label="Requests" value={<Count value={1_234_567} isShort />} change={-0.034} />
    <Stat label="p95" value={<Duration ms={1_240} />} about="first byte 320 ms" />
  </SimpleGrid>
)

const Charts = () => (
  <SimpleGrid cols={{ base: 1, md: 2 }}>
    <Card>
      <Bars
        label="Spend by model"
        series={series}
        points={points}
        shown={shownNano}
        shownAt={shownAt}
        onBrush={() => undefined}
      />
    </Card>
    <Card>
      <Lines label="Latency" series={series.slice(0, 2)} points={points} shown={shownNano} shownAt={shownAt} />
    </Card>
  </SimpleGrid>
)

function Rows() {
  const [filters, setFilters] = useState<FilterSearch>({ model: ['gpt-5.4', 'gpt-image-2'], costMin: '0.25' })
  const [range, setRange] = useState<TimeRangeSearch>({ zone: 'UTC' })
  const [sort, setSort] = useState<Sort>({ by: 'spent', direction: 'down' })
  const [openId, setOpenId] = useState<string | null>(null)
  return (
    <Part title="Rows">
      <DataTable
        name="kit"
        label="Keys"
        columns={columns}
        rows={rows}
        rowId={({ id }) => id}
        sort={sort}
        onSort={setSort}
        onOpen={({ id }) => setOpenId(id)}
        openId={openId}
        more={{ hasMore: true, isLoading: false, load: () => undefined }}
        toolbar={
          <Stack gap="xs">
            <TimeRangePicker value={range} onChange={setRange} />
            <Filters
              search={filters}
              onChange={(changed) => setFilters({ ...filters, ...changed })}
              fields={[
                {
                  name: 'model',
                  label: 'Model',
                  kind: 'choice',
                  options: ['gpt-5.4', 'gpt-image-2', 'gemini-3-flash'].map((value) => ({ value, label: value })),
                },
                { name: 'status', label: 'Status', kind: 'choice', options: [{ value: '200', label: '200' }] },
                { name: 'id', label: 'Request id', kind: 'text' },
                { name: 'cost', label: 'Cost', kind: 'range', unit: 'USD' },
              ]}
            />
          </Stack>
        }
        empty={null}
      />
    </Part>
  )
}

const Limits = () => (
  <SimpleGrid cols={{ base: 1, md: 2 }}>
    <Card>
      <Stack>
        <Gauge
          label="Budget of this month"
          used={12_500_000_000n}
          held={4_000_000_000n}
          limit={25_000_000_000n}
          shown={(value) => <Money nano={String(value)} />}
          about="begins again on 1 December"
        />
        <Gauge label="Requests a minute" used={560n} limit={600n} shown={(value) => <Count value={value} />} />
        <Gauge label="At once" used={8n} limit={8n} shown={(value) => <Count value={value} />} />
      </Stack>
    </Card>
    <Card>
      <Secret value="sk-bf-0b0e7a5e-52f0-4a0e-9a7e-1f3f6f8a2c11" label="The new key" />
    </Card>
  </SimpleGrid>
)

const Words = () => (
  <SimpleGrid cols={{ base: 1, md: 2 }}>
    <Card>
      <CodeTabs
        label="First call"
        snippets={[
          {
            language: 'python',
            title: 'Python',
            code: 'from openai import OpenAI\n\nclient = OpenAI(base_url="http://localhost:8080/v1/", api_key="sk-bf-…")\nprint(client.responses.create(model="gpt-5.4", input="Hello"))  # 1 call',
          },
          { language: 'bash', title: 'curl', code: 'curl http://localhost:8080/v1/models' },
        ]}
      />
    </Card>
    <Card>
      <Trouble
        error={
          new ApiTrouble('The server could not do this now; its log says why. Try again in a moment.', {
            code: 'unavailable',
            status: 503,
            requestId: 'req_0192f0c0a1b2',
          })
        }
        title="The keys could not be read"
        onRetry={() => undefined}
      />
    </Card>
    <Card>
      <Empty icon={IconKey} title="No keys yet" action={<Button>Make a key</Button>}>
        A key is what an SDK sends. Make one for each program, so that each has its own limits and its own line in the
        usage.
      </Empty>
    </Card>
    <Card>
      <Text>
        Id <code>req_0192f0c0a1b2</code> <Copy text="req_0192f0c0a1b2" label="Copy the request id" />
      </Text>
    </Card>
  </SimpleGrid>
)

const Part = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <section>
    <Title order={2} mb="sm">
      {title}
    </Title>
    {children}
  </section>
)

createRoot(document.getElementById('root')!).render(
  <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
    <QueryClientProvider client={new QueryClient()}>
      <KitPage />
    </QueryClientProvider>
  </MantineProvider>,
)
