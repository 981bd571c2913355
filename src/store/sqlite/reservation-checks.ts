/** What must always be true of reservations, as `ledger-checks.ts` has it of the rest of the ledger. */
import { everyMode, type LedgerCheck } from './ledger-checks.ts'

export const reservationChecks: readonly LedgerCheck[] = [
  {
    name: 'reserved-equals-reservations',
    promise: 'what is reserved is what open reservations come to, of every organization and mode',
    sql: `
      with open as (
        select organization_id, mode, sum(amount_nano) as nano from reservation where state = 'open' group by 1, 2)
      select account.name || ' is ' || (account.credits - account.debits) || '; open reservations come to '
        || coalesce(open.nano, 0) as problem
      from organization
      cross join ${everyMode}
      join account on account.name = prefix || 'reserved:' || organization.id
      left join open on open.organization_id = organization.id and open.mode = every.mode
      where account.credits - account.debits <> coalesce(open.nano, 0)`,
  },
  {
    name: 'reservations-end-once',
    promise:
      'every reservation took its amount once, and ends at most once: in its charge and the rest, for its own organization',
    sql: `
      with moved as (
        select substr(idempotency_key, instr(idempotency_key, ':') + 1) as id, organization_id, mode,
          coalesce(sum(amount_nano) filter (where kind = 'reserve'), 0) as reserved,
          coalesce(sum(amount_nano) filter (where kind = 'capture-reserved'), 0) as captured,
          coalesce(sum(amount_nano) filter (where kind = 'release-reserved'), 0) as released
        from transfer where kind in ('reserve', 'capture-reserved', 'release-reserved') group by 1, 2, 3),
      found as (
        select reservation.id, state, amount_nano, coalesce(reserved, 0) as reserved, coalesce(captured, 0) as captured,
          coalesce(released, 0) as released, request.id as settled, request.charge_nano as charge
        from reservation
        left join moved on moved.id = reservation.id and moved.organization_id = reservation.organization_id
          and moved.mode = reservation.mode
        left join request on request.id = reservation.id)
      select 'reservation ' || id || ' of ' || amount_nano || ' is ' || state || ': reserved ' || reserved || ', captured '
        || captured || ', released ' || released || ', ' || case when settled is null then 'not settled' else 'charged ' || charge end
        as problem
      from found
      where reserved <> amount_nano
        or case state
          when 'open' then settled is not null or captured <> 0 or released <> 0
          when 'void' then settled is null or charge <> 0 or captured <> 0 or released <> amount_nano
          else settled is null or captured <> charge or captured + released <> amount_nano end
      union all
      select 'money of ' || organization_id || ' moves for ' || moved.id || ', of which there is no reservation'
      from moved left join reservation using (id, organization_id, mode) where reservation.number is null`,
  },
]
