-- What reports are read from: a copy of what mart.db has, in another shape, with its own place to go on from. It can be
-- made anew at any time, so there are no migrations: a file of another schema is thrown away.

-- Names that rows share: keys, models, endpoints, regions, deployments, endings, flags.
create table name (
  id integer primary key,
  text text not null unique
) strict;

-- What an organization has and uses in one mode. Every row below is in one book, and every query asks for books.
create table book (
  id integer primary key,
  organization_id text not null,
  mode text not null,
  unique (organization_id, mode)
) strict;

-- How far each source has been copied: `node:ID` for the requests and reservations of a node, `transfer`.
create table progress (
  source text primary key,
  number integer not null,
  -- The id at that number: when it is another, mart.db is not the one that was copied.
  witness text not null
) strict, without rowid;

-- One row a request. Settled and reserved ones have the number of mart.db; calls that were turned away have one below
-- zero.
create table entry (
  book integer not null,
  at integer not null,
  number integer not null,
  id text not null,
  ended_at integer not null,
  key integer not null,
  model integer not null,
  endpoint integer not null,
  region integer not null,
  upstream integer not null,
  status integer not null,
  is_error integer not null,
  -- How it ended, or why it was turned away.
  ending integer not null,
  flags integer not null,
  streamed integer not null,
  input_tokens integer not null,
  cached_input_tokens integer not null,
  output_tokens integer not null,
  reasoning_tokens integer not null,
  image_tokens integer not null,
  images integer not null,
  video_seconds integer not null,
  charge_nano integer not null,
  cost_nano integer not null,
  latency_ms integer not null,
  first_byte_ms integer,
  -- Of a call that was turned away for its model: what it asked for. It is the client's text, and no name that rows share.
  asked_model text,
  primary key (book, at, number)
) strict, without rowid;
create index entry_error on entry (book, at) where is_error;
create index entry_rejected on entry (book, at) where number < 0;
create index entry_rejected_id on entry (id) where number < 0;

-- Money that was set aside, and what became of it.
create table reservation (
  id text primary key,
  book integer not null,
  at integer not null,
  number integer not null,
  amount_nano integer not null,
  -- null: it is open.
  charge_nano integer
) strict, without rowid;
create index reservation_at on reservation (book, at);

-- Credit that came in or was taken back, by its transfer.
create table credit (
  transfer integer primary key,
  book integer not null,
  at integer not null,
  kind text not null,
  amount_nano integer not null,
  note text
) strict;
create index credit_at on credit (book, at);

-- Sums by the time of admission, and histograms of durations as in lib/histogram.ts. `requests` are those of mart.db's
-- own rollups; `rejected` are beside them, and their durations in no histogram.
create table usage_minute (
  book integer not null,
  bucket integer not null,
  key integer not null,
  model integer not null,
  endpoint integer not null,
  region integer not null,
  upstream integer not null,
  requests integer not null,
  errors integer not null,
  rejected integer not null,
  input_tokens integer not null,
  cached_input_tokens integer not null,
  output_tokens integer not null,
  reasoning_tokens integer not null,
  image_tokens integer not null,
  images integer not null,
  video_seconds integer not null,
  charge_nano integer not null,
  cost_nano integer not null,
  -- What the charge is for; together they are it.
  input_nano integer not null,
  cached_input_nano integer not null,
  output_nano integer not null,
  reasoning_nano integer not null,
  image_nano integer not null,
  video_nano integer not null,
  tool_nano integer not null,
  latency blob not null,
  first_byte blob not null,
  primary key (book, bucket, key, model, endpoint, region, upstream)
) strict, without rowid;

create table usage_hour (
  book integer not null,
  bucket integer not null,
  key integer not null,
  model integer not null,
  endpoint integer not null,
  region integer not null,
  upstream integer not null,
  requests integer not null,
  errors integer not null,
  rejected integer not null,
  input_tokens integer not null,
  cached_input_tokens integer not null,
  output_tokens integer not null,
  reasoning_tokens integer not null,
  image_tokens integer not null,
  images integer not null,
  video_seconds integer not null,
  charge_nano integer not null,
  cost_nano integer not null,
  -- What the charge is for; together they are it.
  input_nano integer not null,
  cached_input_nano integer not null,
  output_nano integer not null,
  reasoning_nano integer not null,
  image_nano integer not null,
  video_nano integer not null,
  tool_nano integer not null,
  latency blob not null,
  first_byte blob not null,
  primary key (book, bucket, key, model, endpoint, region, upstream)
) strict, without rowid;

create table usage_day (
  book integer not null,
  bucket integer not null,
  key integer not null,
  model integer not null,
  endpoint integer not null,
  region integer not null,
  upstream integer not null,
  requests integer not null,
  errors integer not null,
  rejected integer not null,
  input_tokens integer not null,
  cached_input_tokens integer not null,
  output_tokens integer not null,
  reasoning_tokens integer not null,
  image_tokens integer not null,
  images integer not null,
  video_seconds integer not null,
  charge_nano integer not null,
  cost_nano integer not null,
  -- What the charge is for; together they are it.
  input_nano integer not null,
  cached_input_nano integer not null,
  output_nano integer not null,
  reasoning_nano integer not null,
  image_nano integer not null,
  video_nano integer not null,
  tool_nano integer not null,
  latency blob not null,
  first_byte blob not null,
  primary key (book, bucket, key, model, endpoint, region, upstream)
) strict, without rowid;
