/**
 * What must always be true of the store, as SQL: each check selects the sentences that say what is wrong,
 * and selects nothing when all is well. They read every row and keep none.
 */

/** `promise` is what the check's detail says when nothing is wrong. */
export type LedgerCheck = { readonly name: string; readonly promise: string; readonly sql: string }

/** Both modes, with what the names of their accounts begin with. */
export const everyMode = `(select 'live' as mode, '' as prefix union all select 'test', 'test-') as every`

/** Every check of the ledger that SQL can make. */
export const ledgerChecks: readonly LedgerCheck[] = [
  {
    name: 'accounts-equal-transfers',
    promise: 'every account stores the sums of its transfers',
    sql: `
      with side (name, debits, credits) as (
        select debit_account, amount_nano, 0 from transfer union all select credit_account, 0, amount_nano from transfer),
      moved as (select name, sum(debits) as debits, sum(credits) as credits from side group by name)
      select account.name || ' stores ' || account.debits || ' debits and ' || account.credits || ' credits; its transfers add up to '
        || coalesce(moved.debits, 0) || ' and ' || coalesce(moved.credits, 0) as problem
      from account left join moved on moved.name = account.name
      where account.debits <> coalesce(moved.debits, 0) or account.credits <> coalesce(moved.credits, 0)`,
  },
  {
    name: 'debits-equal-credits',
    promise: 'debits equal credits over all accounts of each mode',
    sql: `
      select case when name glob 'test-*' then 'test' else 'live' end || ' debits of ' || sum(debits)
        || ' against credits of ' || sum(credits) as problem
      from account group by name glob 'test-*' having sum(debits) <> sum(credits)`,
  },
  {
    name: 'held-equals-leases',
    promise: 'what is held is what open leases have left',
    sql: `
      with remainder as (
        select organization_id, mode, sum(granted_nano - returned_nano - consumed_nano) as nano
        from lease where state = 'open' group by organization_id, mode)
      select account.name || ' is ' || (account.credits - account.debits) || '; open leases have ' || coalesce(remainder.nano, 0) || ' left'
        as problem
      from organization
      cross join ${everyMode}
      join account on account.name = prefix || 'held:' || organization.id
      left join remainder on remainder.organization_id = organization.id and remainder.mode = every.mode
      where account.credits - account.debits <> coalesce(remainder.nano, 0)`,
  },
  {
    name: 'no-credit-below-zero',
    promise: 'no organization owes money',
    sql: `
      select name || ' is ' || (credits - debits) as problem
      from account
      where (name glob 'credit:*' or name glob 'held:*' or name glob 'reserved:*'
        or name glob 'test-credit:*' or name glob 'test-held:*' or name glob 'test-reserved:*') and credits < debits`,
  },
  {
    name: 'leases-not-overspent',
    promise: 'no lease was spent or returned beyond what it was granted, and none is closed with a remainder',
    sql: `
      select 'the ' || mode || ' lease of ' || organization_id || ' at node ' || node_id || ', epoch ' || epoch || ' (' || state || ') has granted '
        || granted_nano || ', consumed ' || consumed_nano || ', returned ' || returned_nano as problem
      from lease
      where consumed_nano + returned_nano > granted_nano or (state = 'closed' and consumed_nano + returned_nano <> granted_nano)`,
  },
  {
    name: 'leases-equal-transfers',
    promise: 'leases were granted what was held, consumed what was captured or reserved, returned what was released',
    sql: `
      with moved as (
        select organization_id, mode, sum(amount_nano) filter (where kind = 'hold') as held,
          sum(amount_nano) filter (where kind in ('capture', 'reserve')) as captured,
          sum(amount_nano) filter (where kind = 'release') as released
        from transfer group by 1, 2),
      leased as (
        select organization_id, mode, sum(granted_nano) as granted, sum(consumed_nano) as consumed, sum(returned_nano) as returned
        from lease group by organization_id, mode)
      select organization.id || ', ' || every.mode || ': granted ' || coalesce(granted, 0) || ' of ' || coalesce(held, 0) || ' held, consumed '
        || coalesce(consumed, 0) || ' of ' || coalesce(captured, 0) || ' captured or reserved, returned ' || coalesce(returned, 0) || ' of '
        || coalesce(released, 0) || ' released' as problem
      from organization
      cross join ${everyMode}
      left join moved on moved.organization_id = organization.id and moved.mode = every.mode
      left join leased on leased.organization_id = organization.id and leased.mode = every.mode
      where coalesce(granted, 0) <> coalesce(held, 0) or coalesce(consumed, 0) <> coalesce(captured, 0)
        or coalesce(returned, 0) <> coalesce(released, 0)`,
  },
  {
    name: 'charges-equal-everywhere',
    promise:
      'requests, the three rollups and captures add up to the same charges, and count what is reserved as requests',
    sql: `
      with figure (source, organization_id, mode, requests, charge_nano) as (
        select 'request', organization_id, mode, 1, charge_nano from request
        union all select 'request', organization_id, mode, 1, 0 from reservation where state = 'open'
        union all select 'minute', organization_id, mode, requests, charge_nano from usage_minute
        union all select 'hour', organization_id, mode, requests, charge_nano from usage_hour
        union all select 'day', organization_id, mode, requests, charge_nano from usage_day
        union all select 'capture', organization_id, mode, null, amount_nano from transfer where kind in ('capture', 'capture-reserved')),
      total as (
        select organization_id, mode,
          ${['request', 'minute', 'hour', 'day', 'capture']
            .map((source) => `coalesce(sum(charge_nano) filter (where source = '${source}'), 0) as ${source}`)
            .join(', ')},
          ${['request', 'minute', 'hour', 'day']
            .map((source) => `coalesce(sum(requests) filter (where source = '${source}'), 0) as ${source}_count`)
            .join(', ')}
        from figure group by organization_id, mode)
      select organization_id || ', ' || mode || ', was charged ' || request || ' for ' || request_count || ' requests; by minute ' || minute || ' for '
        || minute_count || ', by hour ' || hour || ' for ' || hour_count || ', by day ' || day || ' for ' || day_count
        || ', captured ' || capture as problem
      from total
      where request <> minute or request <> hour or request <> day or request <> capture
        or request_count <> minute_count or request_count <> hour_count or request_count <> day_count`,
  },
  {
    name: 'captures-equal-charges',
    promise:
      'every capture is what the requests it covers were charged, and comes from the money of their organization',
    sql: `
      with run as (select distinct after_request, to_request from transfer where kind = 'capture'),
      charged as (
        select run.after_request, run.to_request, request.organization_id, request.mode, sum(request.charge_nano) as nano
        from run join request on request.number > run.after_request and request.number <= run.to_request
        where request.charge_nano > 0 and not exists (select 1 from reservation where reservation.id = request.id)
        group by 1, 2, 3, 4)
      select 'the capture ' || idempotency_key || ' is ' || amount_nano || ' from ' || debit_account || '; its requests were charged '
        || coalesce(nano, 0) as problem
      from transfer left join charged using (after_request, to_request, organization_id, mode)
      join ${everyMode} using (mode)
      where kind = 'capture' and (amount_nano <> coalesce(nano, 0) or debit_account <> prefix || 'held:' || organization_id)
      union all
      select 'the requests ' || (after_request & 0xffffffffff) || '-' || (to_request & 0xffffffffff) || ' of ' || organization_id
        || ' were charged ' || nano || ' and never captured'
      from charged left join transfer using (after_request, to_request, organization_id, mode)
      where transfer.id is null`,
  },
  {
    name: 'test-and-live-apart',
    promise: 'no money moves between test and live, and whatever a key was charged is of its mode',
    sql: `
      select 'transfer ' || id || ', ' || mode || ', moves ' || amount_nano || ' from ' || debit_account || ' to ' || credit_account
        as problem
      from transfer
      where (debit_account glob 'test-*') <> (mode = 'test') or (credit_account glob 'test-*') <> (mode = 'test')
      union all
      select 'request ' || receipt.id || ' is ' || receipt.mode || ', and its key ' || key_id || ' is ' || virtual_key.mode
      from receipt join virtual_key on virtual_key.id = key_id where receipt.mode <> virtual_key.mode
      union all
      select 'the usage of the ' || virtual_key.mode || ' key ' || key_id || ' is counted as ' || usage_day.mode
      from usage_day join virtual_key on virtual_key.id = key_id where usage_day.mode <> virtual_key.mode`,
  },
  {
    name: 'every-record-applied-once',
    promise: 'every journal record up to each node’s last was applied, once, or is known to be lost',
    sql: `
      with applied (node_id, first, seq) as (
        select node_id, seq, seq from request
        union all select node_id, seq, seq from lease_record
        union all select node_id, seq, seq from reservation
        union all select node_id, seq, seq from parked_record
        union all select node_id, after_seq + 1, to_seq from journal_loss where to_seq > after_seq),
      neighbour as (
        select node_id, first, lag(seq, 1, 0) over (partition by node_id order by first) as before from applied),
      newest as (select node_id, max(seq) as seq from applied group by node_id)
      select 'node ' || node_id || ': record ' || first || ' follows ' || before as problem from neighbour where first <> before + 1
      union all
      select 'node ' || node.id || ' is at ' || node.last_seq || '; its newest record is ' || coalesce(newest.seq, 0)
      from node left join newest on newest.node_id = node.id where node.last_seq <> coalesce(newest.seq, 0)`,
  },
  {
    name: 'no-record-lost',
    promise: 'no part of a journal is lost that an operator has not accepted',
    sql: `
      select 'of node ' || node_id || ', ' || detail || ' (noted ' || strftime('%Y-%m-%dT%H:%M:%SZ', at / 1000, 'unixepoch') || ')' as problem
      from journal_loss where accepted_at is null order by at`,
  },
  {
    name: 'no-record-parked',
    promise: 'no journal record waits for a person',
    sql: `select 'record ' || seq || ' of node ' || node_id || ' could not be applied: ' || reason as problem from parked_record`,
  },
  {
    name: 'charge-within-hold',
    promise: 'no charge is above its hold unless it is flagged over-hold',
    sql: `
      select 'request ' || id || ' was charged ' || charge_nano || ' on a hold of ' || hold_nano as problem from receipt
      where charge_nano > cast(hold_nano as integer)
        and not exists (select 1 from json_each(flags) where json_each.value = 'over-hold')`,
  },
  {
    name: 'transfers-immutable',
    promise:
      'the database itself refuses to change transfers, receipts and the modes of keys, and no reversal exceeds its transfer or goes another way',
    sql: `
      select 'the trigger ' || wanted.column1 || ' is missing' as problem
      from (values ('transfer_never_updated'), ('transfer_never_deleted'), ('request_never_updated'),
        ('virtual_key_mode_never_updated'), ('reservation_ends_once'), ('reservation_terms_never_updated'),
        ('reservation_never_deleted')) as wanted
      where not exists (select 1 from sqlite_schema where type = 'trigger' and name = wanted.column1)
      union all
      select 'transfer ' || original.id || ' of ' || original.amount_nano || ' has reversals of ' || sum(reversal.amount_nano)
      from transfer as reversal join transfer as original on original.id = reversal.reverses
      where reversal.reverses is not null
      group by original.id having sum(reversal.amount_nano) > original.amount_nano
      union all
      select 'the reversal ' || reversal.id || ' does not go the way of transfer ' || original.id || ' back'
      from transfer as reversal join transfer as original on original.id = reversal.reverses
      where reversal.reverses is not null and (reversal.organization_id <> original.organization_id
        or reversal.debit_account <> original.credit_account
        or original.kind in ('grant', 'top-up') and reversal.credit_account <> original.debit_account)`,
  },
]
