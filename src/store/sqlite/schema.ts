/**
 * The tables. Amounts are integers of nano-USD, times and buckets are epoch milliseconds. An integer column
 * ends at 9.2e18 nano-USD (9.2 billion USD); arithmetic beyond it becomes a REAL, which a STRICT table refuses.
 */

const usageTable = (name: string): string => `
create table ${name} (
  organization_id text not null references organization (id),
  bucket integer not null,
  key_id text not null,
  model text not null,
  upstream text not null,
  region text not null,
  endpoint text not null,
  requests integer not null,
  errors integer not null,
  input_tokens integer not null,
  cached_input_tokens integer not null,
  output_tokens integer not null,
  reasoning_tokens integer not null,
  charge_nano integer not null check (charge_nano >= 0),
  latency_ms_sum integer not null,
  primary key (organization_id, bucket, key_id, model, upstream, region, endpoint)
) strict, without rowid;
`

const peopleTables = `
create table organization (
  id text primary key,
  name text not null,
  created_at integer not null
) strict, without rowid;

create table virtual_key (
  id text primary key,
  organization_id text not null references organization (id),
  name text not null,
  prefix text not null,
  hash text not null unique,
  previous_hash text,
  previous_hash_until integer,
  region text not null,
  rpm integer,
  tpm integer,
  concurrency integer,
  budget_nano integer,
  budget_period text check (budget_period in ('day', 'week', 'month', 'total')),
  models text,
  expires_at integer,
  revoked_at integer,
  created_at integer not null
) strict, without rowid;
create index virtual_key_organization on virtual_key (organization_id, created_at);
`

/**
 * A capture takes the charges of an organization's requests in a run of a node's journal, one batch of it: a row for
 * each request would say again what the request's own row says. Idempotency keys are unique within a kind, so that
 * a key chosen by a caller for a grant cannot take the place of a release. Reversals name the transfer they undo.
 */
const ledgerTables = `
create table account (
  name text primary key,
  debits integer not null default 0 check (debits >= 0),
  credits integer not null default 0 check (credits >= 0)
) strict, without rowid;
insert into account (name) values ('cash'), ('revenue'), ('grants');

create table transfer (
  id integer primary key,
  kind text not null check (kind in ('capture', 'hold', 'release', 'grant', 'top-up', 'reversal')),
  idempotency_key text not null,
  organization_id text not null references organization (id),
  debit_account text not null references account (name),
  credit_account text not null references account (name),
  amount_nano integer not null check (amount_nano > 0),
  at integer not null,
  note text,
  reverses integer references transfer (id),
  after_request integer,
  to_request integer,
  unique (kind, idempotency_key),
  check (debit_account <> credit_account),
  check ((kind = 'reversal') = (reverses is not null)),
  check ((kind = 'capture') = (after_request is not null and to_request is not null))
) strict;
create index transfer_organization on transfer (organization_id);
create index transfer_reverses on transfer (reverses) where reverses is not null;
create trigger transfer_never_updated before update on transfer
  begin select raise(abort, 'transfers are append-only: post a reversal instead'); end;
create trigger transfer_never_deleted before delete on transfer
  begin select raise(abort, 'transfers are append-only: post a reversal instead'); end;
`

/** A closed lease has nothing left: granted = consumed + returned. */
const nodeTables = `
create table node (
  id integer primary key,
  name text not null unique,
  epoch integer not null,
  ended_epoch integer not null default 0,
  last_seq integer not null default 0
) strict;

create table lease (
  node_id integer not null references node (id),
  epoch integer not null,
  organization_id text not null references organization (id),
  granted_nano integer not null check (granted_nano >= 0),
  returned_nano integer not null check (returned_nano >= 0),
  consumed_nano integer not null check (consumed_nano >= 0),
  state text not null check (state in ('open', 'closed')),
  primary key (node_id, epoch, organization_id),
  check (consumed_nano + returned_nano <= granted_nano),
  check (state = 'open' or consumed_nano + returned_nano = granted_nano)
) strict, without rowid;
create index lease_open on lease (node_id, epoch) where state = 'open';
`

/**
 * Every applied journal record is a row of exactly one of these three, so that gaps can be looked for.
 * A parked record was acknowledged but not applied, because it broke a promise; people look at it.
 *
 * A request's number is made of its node and its place in that node's journal (see `requestNumber`), so that no
 * second index is needed to keep both unique. Its columns are what is looked up and summed; everything else is in
 * the settlement, the receipt in the journal's own words (see `PackedSettlement`), which the view names for people.
 */
export const receiptColumns: readonly (readonly [place: number, name: string])[] = [
  [3, 'key_id'],
  [4, 'admitted_at'],
  [16, 'ended_at'],
  [6, 'endpoint'],
  [7, 'model'],
  [17, 'served_model'],
  [8, 'upstream'],
  [9, 'region'],
  [18, 'status'],
  [19, 'ending'],
  [10, 'streamed'],
  [11, 'service_tier'],
  [12, 'price_from'],
  [15, 'hold_nano'],
  [20, 'lines'],
  [21, 'input_tokens'],
  [22, 'cached_input_tokens'],
  [23, 'output_tokens'],
  [24, 'reasoning_tokens'],
  [25, 'rated_nano'],
  [26, 'write_off_nano'],
  [28, 'cost_nano'],
  [29, 'flags'],
  [30, 'first_byte_ms'],
  [31, 'latency_ms'],
  [32, 'attempts'],
  [33, 'vendor_usage'],
]
const recordTables = `
create table request (
  number integer primary key,
  node_id integer not null generated always as (number >> 40) virtual references node (id),
  seq integer not null generated always as (number & 0xffffffffff) virtual,
  epoch integer not null,
  id text not null unique,
  organization_id text not null references organization (id),
  charge_nano integer not null check (charge_nano >= 0),
  settlement text not null
) strict;
create trigger request_never_updated before update on request
  begin select raise(abort, 'a settled request is a receipt and never changes'); end;

create view receipt as select number, node_id, seq, epoch, id, organization_id, charge_nano,
  ${receiptColumns.map(([place, name]) => `settlement ->> '$[${place}]' as ${name}`).join(', ')}
  from request;

create table lease_record (
  node_id integer not null references node (id),
  seq integer not null,
  epoch integer not null,
  kind text not null check (kind in ('return-lease', 'end-epoch', 'settled-before')),
  organization_id text,
  amount_nano integer not null,
  primary key (node_id, seq)
) strict, without rowid;

create table parked_record (
  node_id integer not null references node (id),
  seq integer not null,
  reason text not null,
  record text not null,
  at integer not null,
  primary key (node_id, seq)
) strict, without rowid;
`

/** The first migration: every table of the first release. */
export const initialSchema = [
  peopleTables,
  ledgerTables,
  nodeTables,
  recordTables,
  ...['usage_minute', 'usage_hour', 'usage_day'].map(usageTable),
].join('\n')
