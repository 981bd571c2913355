-- What operators do: rotate a key more than once, suspend an organization, take credit back, hand out tokens.

-- Secrets of a key that a rotation replaced. Each works until its own end.
create table replaced_secret (
  hash text primary key,
  key_id text not null references virtual_key (id),
  -- null: replaced before prefixes were kept.
  prefix text,
  ends_at integer not null
) strict, without rowid;
create index replaced_secret_key on replaced_secret (key_id);
insert or ignore into replaced_secret (hash, key_id, ends_at)
  select previous_hash, id, previous_hash_until from virtual_key
  where previous_hash is not null and previous_hash_until is not null;
alter table virtual_key drop column previous_hash;
alter table virtual_key drop column previous_hash_until;

-- null: not suspended. The reason is for operators.
alter table organization add column suspended_at integer;
alter table organization add column suspended_why text;

-- What came in, without everything that went on since: a revocation goes through it, the newest first.
create index transfer_money_in on transfer (organization_id) where kind in ('grant', 'top-up');

-- A token is stored as its SHA-256 alone. Scopes are words with a comma between them.
create table operator_token (
  id text primary key,
  name text not null,
  prefix text not null,
  hash text not null unique,
  scopes text not null,
  created_at integer not null,
  last_used_at integer,
  revoked_at integer
) strict, without rowid;
