-- Links that give somebody another e-mail address, and give back the one of before; and what people change of these.

create table link_of_now (
  id text not null primary key,
  hash text not null unique,
  kind text not null check (kind in ('operator', 'invitation', 'sign-up', 'password', 'email', 'email-undo')),
  email text check (email is not null or kind = 'operator'),
  organization_id text check ((organization_id is null) = (kind <> 'invitation')),
  role text check ((role is null) = (kind <> 'invitation')),
  -- Whether it went to the address, so that whoever has it owns that.
  is_mailed integer not null check (is_mailed in (0, 1)),
  made_by text not null,
  created_at integer not null,
  expires_at integer not null,
  used_at integer,
  revoked_at integer,
  -- Whose address it changes.
  person_id text references person (id) on delete cascade check ((person_id is null) = (kind not in ('email', 'email-undo')))
) strict;
insert into link_of_now select *, null from link;
drop table link;
alter table link_of_now rename to link;
create index link_of on link (kind, email);
create index link_organization on link (organization_id) where organization_id is not null;
create index link_person on link (person_id) where person_id is not null;

create trigger email_changed after update of email on person when old.email <> new.email begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject, before, after)
  select at, actor_kind, actor_id, actor_name, 'person.email-changed', subject, json_object('email', old.email),
    json_object('email', new.email)
  from by_themselves where id = new.id;
end;
create trigger provider_unlinked after delete on account when old.providerId <> 'credential' begin
  insert into audit (at, actor_kind, actor_id, actor_name, action, subject, before)
  select at, actor_kind, actor_id, actor_name, 'person.provider-unlinked', subject, json_object('provider', old.providerId)
  from by_themselves where id = old.userId;
end;
