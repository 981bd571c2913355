-- Journal records that nobody can read any more: from behind after_seq to to_seq, none where both are the same.
create table journal_loss (
  node_id integer not null references node (id),
  after_seq integer not null,
  to_seq integer not null check (to_seq >= after_seq),
  detail text not null,
  at integer not null,
  -- null: no operator has said yet that it is known.
  accepted_at integer,
  primary key (node_id, after_seq, to_seq, detail)
) strict, without rowid;
