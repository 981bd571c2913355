-- Idempotency keys that a request has used up, for whoever repeats a call whose answer was lost. Kept for a day.
create table idempotency_key (
  organization_id text not null references organization (id),
  mode text not null check (mode in ('test', 'live')),
  -- SHA-256 of the key. What was asked under it is a fingerprint, too: neither is kept itself.
  hash text not null,
  fingerprint text not null,
  -- The request that used it, by its number.
  request_number integer not null,
  used_at integer not null,
  primary key (organization_id, mode, hash)
) strict, without rowid;
create index idempotency_key_used_at on idempotency_key (used_at);
