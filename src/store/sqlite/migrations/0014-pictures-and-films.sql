-- Pictures that were made, seconds of video, and what of the charge is for these, in the sums that reports are made of.
-- Of requests before this the receipts say all of it but how many pictures there were.
alter table usage_minute add column images integer not null default 0;
alter table usage_minute add column video_seconds integer not null default 0;
alter table usage_minute add column image_nano integer not null default 0;
alter table usage_minute add column video_nano integer not null default 0;
alter table usage_hour add column images integer not null default 0;
alter table usage_hour add column video_seconds integer not null default 0;
alter table usage_hour add column image_nano integer not null default 0;
alter table usage_hour add column video_nano integer not null default 0;
alter table usage_day add column images integer not null default 0;
alter table usage_day add column video_seconds integer not null default 0;
alter table usage_day add column image_nano integer not null default 0;
alter table usage_day add column video_nano integer not null default 0;

-- As `spend.ts` has it: lines in their order, each up to where it ends in whole nano-USD, the last to the charge's end.
create temp table media as
  with line as (
    select request.number, line.key as place, organization_id, mode, charge_nano,
      settlement ->> '$[4]' as at, settlement ->> '$[3]' as key_id, settlement ->> '$[7]' as model,
      settlement ->> '$[8]' as upstream, settlement ->> '$[9]' as region, settlement ->> '$[6]' as endpoint,
      line.value ->> '$[0]' as class, line.value ->> '$[1]' as quantity,
      sum(cast(line.value ->> '$[4]' as integer)) over so_far as pico,
      line.key + 1 = json_array_length(settlement, '$[20]') as is_last
    from request, json_each(settlement, '$[20]') as line
    where instr(settlement, 'mageOutput"') > 0 or instr(settlement, '"videoSecond') > 0
    window so_far as (partition by request.number order by line.key)),
  ended as (
    select *, case when is_last then charge_nano else min(charge_nano, pico / 1000) end as up_to from line),
  share as (
    select *, up_to - lag(up_to, 1, 0) over (partition by number order by place) as nano from ended)
  select organization_id, mode, at - at % 60000 as minute, key_id, model, upstream, region, endpoint,
    sum(case when class like 'videoSecond%' then quantity else 0 end) as video_seconds,
    sum(case when class in ('imageOutput', 'toolImageOutput') then nano else 0 end) as image_nano,
    sum(case when class like 'videoSecond%' then nano else 0 end) as video_nano
  from share group by 1, 2, 3, 4, 5, 6, 7, 8;
update usage_minute set video_seconds = media.video_seconds, image_nano = media.image_nano, video_nano = media.video_nano
  from temp.media where media.organization_id = usage_minute.organization_id and media.mode = usage_minute.mode
    and media.minute = bucket and media.key_id = usage_minute.key_id and media.model = usage_minute.model
    and media.upstream = usage_minute.upstream and media.region = usage_minute.region
    and media.endpoint = usage_minute.endpoint;
drop table temp.media;
create temp table media as
  select organization_id, mode, bucket - bucket % 3600000 as hour, key_id, model, upstream, region, endpoint,
    sum(video_seconds) as video_seconds, sum(image_nano) as image_nano, sum(video_nano) as video_nano
  from usage_minute where video_seconds + image_nano + video_nano > 0 group by 1, 2, 3, 4, 5, 6, 7, 8;
update usage_hour set video_seconds = media.video_seconds, image_nano = media.image_nano, video_nano = media.video_nano
  from temp.media where media.organization_id = usage_hour.organization_id and media.mode = usage_hour.mode
    and media.hour = bucket and media.key_id = usage_hour.key_id and media.model = usage_hour.model
    and media.upstream = usage_hour.upstream and media.region = usage_hour.region
    and media.endpoint = usage_hour.endpoint;
drop table temp.media;
create temp table media as
  select organization_id, mode, bucket - bucket % 86400000 as day, key_id, model, upstream, region, endpoint,
    sum(video_seconds) as video_seconds, sum(image_nano) as image_nano, sum(video_nano) as video_nano
  from usage_hour where video_seconds + image_nano + video_nano > 0 group by 1, 2, 3, 4, 5, 6, 7, 8;
update usage_day set video_seconds = media.video_seconds, image_nano = media.image_nano, video_nano = media.video_nano
  from temp.media where media.organization_id = usage_day.organization_id and media.mode = usage_day.mode
    and media.day = bucket and media.key_id = usage_day.key_id and media.model = usage_day.model
    and media.upstream = usage_day.upstream and media.region = usage_day.region
    and media.endpoint = usage_day.endpoint;
drop table temp.media;
