-- Where a key may be used. JSON lists; null: at every endpoint, from every address.
alter table virtual_key add column endpoints text;
alter table virtual_key add column addresses text;
