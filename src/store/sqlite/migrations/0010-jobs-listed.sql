-- An organization's jobs, the newest first. $[4] is when its request was admitted.
create index reservation_listed on reservation (organization_id, mode, settlement ->> '$[4]', number);
