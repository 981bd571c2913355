-- People: who they are and how they sign in (better-auth's tables, under its names for columns, as its version 1.7 has
-- them), and what they may do (ours). Times of better-auth are ISO 8601 texts, ours are epoch milliseconds.

create table person (
  id text not null primary key,
  name text not null,
  email text not null unique,
  emailVerified integer not null,
  image text,
  createdAt text not null,
  updatedAt text not null,
  twoFactorEnabled integer
) strict;

create table session (
  id text not null primary key,
  expiresAt text not null,
  token text not null unique,
  createdAt text not null,
  updatedAt text not null,
  ipAddress text,
  userAgent text,
  userId text not null references person (id) on delete cascade
) strict;
create index session_person on session (userId);

-- A way to sign in: a password (providerId `credential`), or a person at an OIDC provider.
create table account (
  id text not null primary key,
  accountId text not null,
  providerId text not null,
  userId text not null references person (id) on delete cascade,
  accessToken text,
  refreshToken text,
  idToken text,
  accessTokenExpiresAt text,
  refreshTokenExpiresAt text,
  scope text,
  password text,
  createdAt text not null,
  updatedAt text not null,
  unique (providerId, accountId)
) strict;
create index account_person on account (userId);

-- What is under way for minutes: second factors that are asked for, passkeys' challenges, states of OIDC.
create table verification (
  id text not null primary key,
  identifier text not null,
  value text not null,
  expiresAt text not null,
  createdAt text not null,
  updatedAt text not null
) strict;
create index verification_identifier on verification (identifier);

create table twoFactor (
  id text not null primary key,
  secret text not null,
  backupCodes text not null,
  userId text not null references person (id) on delete cascade,
  verified integer,
  failedVerificationCount integer,
  lockedUntil text
) strict;
create index two_factor_person on twoFactor (userId);

create table passkey (
  id text not null primary key,
  name text,
  publicKey text not null,
  userId text not null references person (id) on delete cascade,
  credentialID text not null unique,
  counter integer not null,
  deviceType text not null,
  backedUp integer not null,
  transports text,
  createdAt text,
  aaguid text
) strict;
create index passkey_person on passkey (userId);

-- Organizations have their home in mart.db.
create table member (
  organization_id text not null,
  person_id text not null references person (id) on delete cascade,
  role text not null check (role in ('owner', 'admin', 'developer', 'billing', 'viewer')),
  created_at integer not null,
  primary key (organization_id, person_id)
) strict, without rowid;
create index member_person on member (person_id);

create table operator (
  person_id text not null primary key references person (id) on delete cascade,
  created_at integer not null
) strict, without rowid;

-- Links that work once. Only a hash of the token in one is here.
create table link (
  id text not null primary key,
  hash text not null unique,
  kind text not null check (kind in ('operator', 'invitation', 'sign-up', 'password')),
  email text check (email is not null or kind = 'operator'),
  organization_id text check ((organization_id is null) = (kind <> 'invitation')),
  role text check ((role is null) = (kind <> 'invitation')),
  -- Whether it went to the address, so that whoever has it owns that.
  is_mailed integer not null check (is_mailed in (0, 1)),
  made_by text not null,
  created_at integer not null,
  expires_at integer not null,
  used_at integer,
  revoked_at integer
) strict;
create index link_of on link (kind, email);
create index link_organization on link (organization_id) where organization_id is not null;

-- Every change of what stands above: who, what, before and after. Rows are never changed.
create table audit (
  id integer not null primary key autoincrement,
  at integer not null,
  actor_kind text not null check (actor_kind in ('person', 'token', 'server')),
  actor_id text,
  actor_name text not null,
  action text not null,
  organization_id text,
  subject text not null,
  before text check (before is null or json_valid(before)),
  after text check (after is null or json_valid(after))
) strict;
create index audit_organization on audit (organization_id, id) where organization_id is not null;
create index audit_at on audit (at);
create trigger audit_stays before update on audit begin select raise(abort, 'audit rows are never changed'); end;
create trigger audit_remains before delete on audit begin select raise(abort, 'audit rows are never removed'); end;

-- What people change of themselves, much of it through the library: the database notes it, in the change's own transaction.
create view by_themselves as
  select id, cast(unixepoch('subsec') * 1000 as integer) as at, 'person' as actor_kind, id as actor_id, name as actor_name,
    id as subject
  from person;
create trigger person_added after insert on person begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject, after)
  select at, actor_kind, actor_id, actor_name, 'person.created', subject, json_object('name', new.name, 'email', new.email)
  from by_themselves where id = new.id;
end;
create trigger person_renamed after update of name on person when old.name <> new.name begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject, before, after)
  select at, actor_kind, actor_id, actor_name, 'person.renamed', subject, json_object('name', old.name), json_object('name', new.name)
  from by_themselves where id = new.id;
end;
create trigger password_set after insert on account when new.providerId = 'credential' begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject)
  select at, actor_kind, actor_id, actor_name, 'person.password-set', subject from by_themselves where id = new.userId;
end;
create trigger password_changed after update of password on account when old.password is not new.password begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject)
  select at, actor_kind, actor_id, actor_name, 'person.password-set', subject from by_themselves where id = new.userId;
end;
-- Not where an operator takes it away, which makes it null.
create trigger second_factor_changed after update of twoFactorEnabled on person
when coalesce(old.twoFactorEnabled, 0) <> new.twoFactorEnabled begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject, before, after)
  select at, actor_kind, actor_id, actor_name, 'person.second-factor-changed', subject,
    json_object('secondFactor', json(iif(coalesce(old.twoFactorEnabled, 0), 'true', 'false'))),
    json_object('secondFactor', json(iif(new.twoFactorEnabled, 'true', 'false')))
  from by_themselves where id = new.id;
end;
create trigger backup_codes_changed after update of backupCodes on twoFactor
when old.backupCodes <> new.backupCodes and old.verified = 1 begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject)
  select at, actor_kind, actor_id, actor_name, 'person.backup-codes-changed', subject from by_themselves where id = new.userId;
end;
create trigger passkey_added after insert on passkey begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject, after)
  select at, actor_kind, actor_id, actor_name, 'passkey.added', subject, json_object('passkey', new.name)
  from by_themselves where id = new.userId;
end;
create trigger passkey_renamed after update of name on passkey when old.name is not new.name begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject, before, after)
  select at, actor_kind, actor_id, actor_name, 'passkey.renamed', subject, json_object('passkey', old.name),
    json_object('passkey', new.name)
  from by_themselves where id = new.userId;
end;
create trigger passkey_removed after delete on passkey begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject, before)
  select at, actor_kind, actor_id, actor_name, 'passkey.removed', subject, json_object('passkey', old.name)
  from by_themselves where id = old.userId;
end;
create trigger provider_linked after insert on account when new.providerId <> 'credential' begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject, after)
  select at, actor_kind, actor_id, actor_name, 'person.provider-linked', subject, json_object('provider', new.providerId)
  from by_themselves where id = new.userId;
end;
