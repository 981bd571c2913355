-- Organizations whose members all need a second factor, and which sessions had one shown.

create table second_factor_demand (
  organization_id text not null primary key,
  created_at integer not null
) strict, without rowid;

-- Whether the session was opened with a second factor. Of those of before nobody knows, so they were not.
alter table session add column gaveSecondFactor integer;

-- Whoever has none any more has shown none.
create trigger second_factor_lost after update of twoFactorEnabled on person
when coalesce(new.twoFactorEnabled, 0) = 0 and not exists (select 1 from passkey where userId = new.id) begin
  update session set gaveSecondFactor = 0 where userId = new.id and gaveSecondFactor = 1;
end;
create trigger passkey_lost after delete on passkey
when not exists (select 1 from passkey where userId = old.userId)
  and not exists (select 1 from person where id = old.userId and twoFactorEnabled = 1) begin
  update session set gaveSecondFactor = 0 where userId = old.userId and gaveSecondFactor = 1;
end;

-- Not where an operator takes it away, which makes its device none.
drop trigger passkey_removed;
create trigger passkey_removed after delete on passkey when old.deviceType <> 'none' begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject, before)
  select at, actor_kind, actor_id, actor_name, 'passkey.removed', subject, json_object('passkey', old.name)
  from by_themselves where id = old.userId;
end;
