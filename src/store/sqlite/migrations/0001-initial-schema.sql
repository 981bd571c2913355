
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
  settlement ->> '$[3]' as key_id, settlement ->> '$[4]' as admitted_at, settlement ->> '$[16]' as ended_at, settlement ->> '$[6]' as endpoint, settlement ->> '$[7]' as model, settlement ->> '$[17]' as served_model, settlement ->> '$[8]' as upstream, settlement ->> '$[9]' as region, settlement ->> '$[18]' as status, settlement ->> '$[19]' as ending, settlement ->> '$[10]' as streamed, settlement ->> '$[11]' as service_tier, settlement ->> '$[12]' as price_from, settlement ->> '$[15]' as hold_nano, settlement ->> '$[20]' as lines, settlement ->> '$[21]' as input_tokens, settlement ->> '$[22]' as cached_input_tokens, settlement ->> '$[23]' as output_tokens, settlement ->> '$[24]' as reasoning_tokens, settlement ->> '$[25]' as rated_nano, settlement ->> '$[26]' as write_off_nano, settlement ->> '$[28]' as cost_nano, settlement ->> '$[29]' as flags, settlement ->> '$[30]' as first_byte_ms, settlement ->> '$[31]' as latency_ms, settlement ->> '$[32]' as attempts, settlement ->> '$[33]' as vendor_usage
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


create table usage_minute (
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


create table usage_hour (
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


create table usage_day (
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
