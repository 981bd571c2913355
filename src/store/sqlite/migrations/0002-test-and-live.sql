-- Test and live: everything that has or moves money is of one of two modes, and the two never meet.
--
-- What was before is live, unless its organization was simulated. The program says what it is configured with, in
-- temp.simulated_deployment (id) and temp.real_provider (name). An organization was simulated when
--   it is the one that a first run makes,
--   or all of its requests that reached a deployment reached a simulated one,
--   or none did, and the installation has no real provider.
create temp table simulated as
  with reached as (
    select organization_id, sum(deployment.id is not null) as simulated, sum(deployment.id is null) as real
    from usage_day left join temp.simulated_deployment as deployment on deployment.id = upstream
    where upstream <> 'none'
    group by organization_id)
  select organization.id
  from organization left join reached on reached.organization_id = organization.id
  where organization.id = 'org_sandbox'
    or coalesce(reached.real, 0) = 0
      and (reached.simulated > 0 or not exists (select 1 from temp.real_provider));

-- Keys have a mode for life.
alter table virtual_key add column mode text not null default 'live' check (mode in ('test', 'live'));
update virtual_key set mode = 'test' where organization_id in (select id from temp.simulated);
create trigger virtual_key_mode_never_updated before update of mode on virtual_key
  begin select raise(abort, 'a key is test or live for its life: make another'); end;

-- The second set of accounts. There is no test-cash: nobody pays for what is simulated.
insert into account (name) values ('test-revenue'), ('test-grants');
insert into account (name) select 'test-credit:' || id from organization;
insert into account (name) select 'test-held:' || id from organization;

-- A transfer moves money between two accounts of its own mode, or the database refuses it.
drop trigger transfer_never_updated;
drop trigger transfer_never_deleted;
alter table transfer add column mode text not null default 'live' check (
  mode in ('test', 'live')
  and (mode = 'test') = (debit_account glob 'test-*')
  and (mode = 'test') = (credit_account glob 'test-*'));
-- The same transfers, under the names of the other set: no amount, order or number changes.
update transfer set mode = 'test', debit_account = 'test-' || debit_account, credit_account = 'test-' || credit_account
  where organization_id in (select id from temp.simulated);
create trigger transfer_never_updated before update on transfer
  begin select raise(abort, 'transfers are append-only: post a reversal instead'); end;
create trigger transfer_never_deleted before delete on transfer
  begin select raise(abort, 'transfers are append-only: post a reversal instead'); end;

-- What an account stores is the sums of its transfers, of those that are left to it and of those that came.
create temp table moved as
  with side (name, debits, credits) as (
    select debit_account, amount_nano, 0 from transfer where mode = 'test'
    union all select credit_account, 0, amount_nano from transfer where mode = 'test')
  select name, sum(debits) as debits, sum(credits) as credits from side group by name;
update account set debits = account.debits + moved.debits, credits = account.credits + moved.credits
  from temp.moved where account.name = moved.name;
update account set debits = account.debits - moved.debits, credits = account.credits - moved.credits
  from temp.moved where 'test-' || account.name = moved.name;

-- Leases are of a mode as well.
drop index lease_open;
alter table lease rename to lease_before;
create table lease (
  node_id integer not null references node (id),
  epoch integer not null,
  organization_id text not null references organization (id),
  mode text not null check (mode in ('test', 'live')),
  granted_nano integer not null check (granted_nano >= 0),
  returned_nano integer not null check (returned_nano >= 0),
  consumed_nano integer not null check (consumed_nano >= 0),
  state text not null check (state in ('open', 'closed')),
  primary key (node_id, epoch, organization_id, mode),
  check (consumed_nano + returned_nano <= granted_nano),
  check (state = 'open' or consumed_nano + returned_nano = granted_nano)
) strict, without rowid;
insert into lease
  select node_id, epoch, organization_id, case when simulated.id is null then 'live' else 'test' end,
    granted_nano, returned_nano, consumed_nano, state
  from lease_before left join temp.simulated on simulated.id = organization_id;
drop table lease_before;
create index lease_open on lease (node_id, epoch) where state = 'open';

-- null for the end of an epoch, which ends the leases of both.
alter table lease_record add column mode text check (mode in ('test', 'live'));
update lease_record set mode = case when organization_id in (select id from temp.simulated) then 'test' else 'live' end
  where organization_id is not null;

-- A settlement of version 1 does not say its mode; the row does.
drop trigger request_never_updated;
drop view receipt;
alter table request add column mode text not null default 'live' check (mode in ('test', 'live'));
update request set mode = 'test' where organization_id in (select id from temp.simulated);
create trigger request_never_updated before update on request
  begin select raise(abort, 'a settled request is a receipt and never changes'); end;
create view receipt as select number, node_id, seq, epoch, id, organization_id, mode, charge_nano,
  settlement ->> '$[3]' as key_id,
  settlement ->> '$[4]' as admitted_at,
  settlement ->> '$[16]' as ended_at,
  settlement ->> '$[6]' as endpoint,
  settlement ->> '$[7]' as model,
  settlement ->> '$[17]' as served_model,
  settlement ->> '$[8]' as upstream,
  settlement ->> '$[9]' as region,
  settlement ->> '$[18]' as status,
  settlement ->> '$[19]' as ending,
  settlement ->> '$[10]' as streamed,
  settlement ->> '$[11]' as service_tier,
  settlement ->> '$[12]' as price_from,
  settlement ->> '$[15]' as hold_nano,
  settlement ->> '$[20]' as lines,
  settlement ->> '$[21]' as input_tokens,
  settlement ->> '$[22]' as cached_input_tokens,
  settlement ->> '$[23]' as output_tokens,
  settlement ->> '$[24]' as reasoning_tokens,
  settlement ->> '$[25]' as rated_nano,
  settlement ->> '$[26]' as write_off_nano,
  settlement ->> '$[28]' as cost_nano,
  settlement ->> '$[29]' as flags,
  settlement ->> '$[30]' as first_byte_ms,
  settlement ->> '$[31]' as latency_ms,
  settlement ->> '$[32]' as attempts,
  settlement ->> '$[33]' as vendor_usage
  from request;

-- Rollups: of one mode each, so that no report can add the two up.
alter table usage_minute rename to usage_minute_before;
create table usage_minute (
  organization_id text not null references organization (id),
  mode text not null check (mode in ('test', 'live')),
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
  primary key (organization_id, mode, bucket, key_id, model, upstream, region, endpoint)
) strict, without rowid;
insert into usage_minute
  select organization_id, case when simulated.id is null then 'live' else 'test' end, bucket, key_id, model, upstream,
    region, endpoint, requests, errors, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
    charge_nano, latency_ms_sum
  from usage_minute_before left join temp.simulated on simulated.id = organization_id;
drop table usage_minute_before;
alter table usage_hour rename to usage_hour_before;
create table usage_hour (
  organization_id text not null references organization (id),
  mode text not null check (mode in ('test', 'live')),
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
  primary key (organization_id, mode, bucket, key_id, model, upstream, region, endpoint)
) strict, without rowid;
insert into usage_hour
  select organization_id, case when simulated.id is null then 'live' else 'test' end, bucket, key_id, model, upstream,
    region, endpoint, requests, errors, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
    charge_nano, latency_ms_sum
  from usage_hour_before left join temp.simulated on simulated.id = organization_id;
drop table usage_hour_before;
alter table usage_day rename to usage_day_before;
create table usage_day (
  organization_id text not null references organization (id),
  mode text not null check (mode in ('test', 'live')),
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
  primary key (organization_id, mode, bucket, key_id, model, upstream, region, endpoint)
) strict, without rowid;
insert into usage_day
  select organization_id, case when simulated.id is null then 'live' else 'test' end, bucket, key_id, model, upstream,
    region, endpoint, requests, errors, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
    charge_nano, latency_ms_sum
  from usage_day_before left join temp.simulated on simulated.id = organization_id;
drop table usage_day_before;

drop table temp.moved;
drop table temp.simulated;
