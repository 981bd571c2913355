-- Who changed what: written in the transaction of the change itself. `before` and `after` hold what differs, as JSON
-- and without secrets; before is null where something was made.
create table audit (
  id integer primary key autoincrement,
  at integer not null,
  actor_kind text not null check (actor_kind in ('person', 'token', 'server')),
  actor_id text,
  actor_name text not null,
  action text not null,
  organization_id text,
  -- The id of what was changed: a key, a token, a deployment; an organization for what concerns it as a whole.
  subject text not null,
  before text check (before is null or json_valid(before)),
  after text check (after is null or json_valid(after))
) strict;
create index audit_organization on audit (organization_id, id);
create trigger audit_never_updated before update on audit
  begin select raise(abort, 'the audit log is append-only'); end;
create trigger audit_never_deleted before delete on audit
  begin select raise(abort, 'the audit log is append-only'); end;
