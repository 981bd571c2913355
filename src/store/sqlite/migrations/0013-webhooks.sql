-- Endpoints of organizations, what is delivered there, and the alert for low credit.
create table webhook (
  id text primary key,
  organization_id text not null references organization (id),
  url text not null,
  -- JSON, a list of events.
  events text not null check (json_valid(events)),
  -- What deliveries are signed with, sealed by the installation's own secret.
  sealed_secret text not null,
  created_at integer not null,
  disabled_at integer,
  disabled_why text check (disabled_why in ('asked', 'failing')),
  failing_since integer
) strict, without rowid;
create index webhook_organization on webhook (organization_id, created_at);

create table webhook_delivery (
  number integer primary key autoincrement,
  id text not null unique,
  webhook_id text not null references webhook (id) on delete cascade,
  event text not null,
  payload text not null,
  created_at integer not null,
  state text not null check (state in ('pending', 'delivered', 'failed')),
  next_at integer,
  attempts text not null check (json_valid(attempts)),
  tries integer not null,
  check ((state = 'pending') = (next_at is not null))
) strict;
create index webhook_delivery_webhook on webhook_delivery (webhook_id, number);
create index webhook_delivery_due on webhook_delivery (next_at) where state = 'pending';
create index webhook_delivery_age on webhook_delivery (created_at);

create table credit_alert (
  organization_id text not null references organization (id),
  mode text not null check (mode in ('test', 'live')),
  threshold_nano integer not null check (threshold_nano > 0),
  is_below integer not null check (is_below in (0, 1)),
  primary key (organization_id, mode)
) strict, without rowid;
