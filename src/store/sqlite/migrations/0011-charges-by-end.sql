-- Charges that came later than their requests are looked for by when they came.
create index reservation_ended on reservation (ended_at) where state = 'settled';
