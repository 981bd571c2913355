-- Money that outlives its request: a third account per organization and mode, and the reservations that fill it.
insert into account (name) select 'reserved:' || id from organization;
insert into account (name) select 'test-reserved:' || id from organization;

-- Three more kinds of transfer: held -> reserved, reserved -> revenue, reserved -> credit.
drop trigger transfer_never_updated;
drop trigger transfer_never_deleted;
alter table transfer rename to transfer_before;
create table transfer (
  id integer primary key,
  kind text not null check (kind in ('capture', 'hold', 'release', 'grant', 'top-up', 'reversal', 'reserve',
    'capture-reserved', 'release-reserved')),
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
  mode text not null default 'live' check (
    mode in ('test', 'live')
    and (mode = 'test') = (debit_account glob 'test-*')
    and (mode = 'test') = (credit_account glob 'test-*')),
  unique (kind, idempotency_key),
  check (debit_account <> credit_account),
  check ((kind = 'reversal') = (reverses is not null)),
  check ((kind = 'capture') = (after_request is not null and to_request is not null))
) strict;
insert into transfer
  select id, kind, idempotency_key, organization_id, debit_account, credit_account, amount_nano, at, note, reverses,
    after_request, to_request, mode
  from transfer_before order by id;
drop table transfer_before;
create index transfer_organization on transfer (organization_id);
create index transfer_reverses on transfer (reverses) where reverses is not null;
create index transfer_money_in on transfer (organization_id) where kind in ('grant', 'top-up');
create trigger transfer_never_updated before update on transfer
  begin select raise(abort, 'transfers are append-only: post a reversal instead'); end;
create trigger transfer_never_deleted before delete on transfer
  begin select raise(abort, 'transfers are append-only: post a reversal instead'); end;

-- A reservation is open until the request that made it is settled; then there is its row in request as well.
create table reservation (
  id text primary key,
  -- Where its record stands in the journal, as the number of a request.
  number integer not null unique,
  node_id integer not null generated always as (number >> 40) virtual references node (id),
  seq integer not null generated always as (number & 0xffffffffff) virtual,
  epoch integer not null,
  organization_id text not null references organization (id),
  mode text not null check (mode in ('test', 'live')),
  key_id text not null,
  amount_nano integer not null check (amount_nano >= 0),
  -- The receipt as it is until it ends, and what its provider must be asked.
  settlement text not null,
  terms text not null,
  state text not null default 'open' check (state in ('open', 'settled', 'void')),
  ended_at integer,
  checks integer not null default 0,
  next_check_at integer not null,
  check ((state = 'open') = (ended_at is null))
) strict;
create index reservation_open on reservation (next_check_at, organization_id) where state = 'open';
create trigger reservation_ends_once before update of state on reservation when old.state <> 'open'
  begin select raise(abort, 'a reservation ends once'); end;
create trigger reservation_terms_never_updated
  before update of id, number, epoch, organization_id, mode, key_id, amount_nano, settlement, terms on reservation
  begin select raise(abort, 'what was reserved never changes'); end;
create trigger reservation_never_deleted before delete on reservation
  begin select raise(abort, 'a reservation is never deleted'); end;

-- Which node does a job that only one may do.
create table job_lease (
  job text primary key,
  node_id integer not null references node (id),
  epoch integer not null,
  until integer not null
) strict, without rowid;
