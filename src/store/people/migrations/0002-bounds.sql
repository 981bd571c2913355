-- How much one person may have, held here because the sign-in library adds it by itself.

-- The oldest of more than a hundred sessions ends.
create trigger session_bound after insert on session begin
  delete from session where id in (
    select id from session where userId = new.userId order by createdAt desc, rowid desc limit -1 offset 100);
end;
create trigger passkey_bound before insert on passkey
when (select count(*) from passkey where userId = new.userId) >= 20 begin
  select raise(abort, 'a person has at most 20 passkeys');
end;
