-- What organizations ask operators for. `asked` is JSON; `made_by` and `answered_by` are who, as the audit log has them.
create table service_request (
  number integer primary key autoincrement,
  id text not null unique,
  organization_id text not null references organization (id),
  kind text not null check (kind in ('rotate-exposed-key', 'raise-limit', 'enable-eu', 'other')),
  key_id text references virtual_key (id),
  asked text not null check (json_valid(asked)),
  message text not null,
  state text not null check (state in ('open', 'approved', 'declined', 'withdrawn')),
  made_by text not null check (json_valid(made_by)),
  made_at integer not null,
  answered_by text check (answered_by is null or json_valid(answered_by)),
  note text,
  ended_at integer,
  check ((state = 'open') = (ended_at is null))
) strict;
create index service_request_organization on service_request (organization_id, number);
create index service_request_open on service_request (organization_id) where state = 'open';
create trigger service_request_ends_once before update on service_request when old.state <> 'open'
  begin select raise(abort, 'a service request ends once'); end;
