-- What customers made at a provider and name by its id: files, videos, responses. Whose it is stands in every look-up.
create table resource (
  number integer primary key,
  organization_id text not null references organization (id),
  mode text not null check (mode in ('test', 'live')),
  kind text not null,
  id text not null,
  key_id text not null,
  -- The account that has it, and what it is called there.
  provider text not null,
  region text not null,
  deployment text not null,
  upstream_id text not null,
  model text,
  request_id text,
  parent text,
  -- Names and values that lists are narrowed by, as a JSON object; null: none.
  labels text check (json_valid(labels)),
  created_at integer not null,
  expires_at integer,
  deleted_at integer,
  -- As its provider last gave it; null: not kept.
  object text check (json_valid(object)),
  unique (organization_id, mode, kind, id)
) strict;
create index resource_listed on resource (organization_id, mode, kind, created_at, number);
create index resource_gone on resource (coalesce(deleted_at, expires_at)) where coalesce(deleted_at, expires_at) is not null;
