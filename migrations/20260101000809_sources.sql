set role raphael_owner;

create function raphael_private.source_ids(p_user_key int, p_account_id uuid, p_sources json)
returns table (ordinal int, source_id int, statistic text, scale text)
language plpgsql
security definer
set search_path = ''
set enable_seqscan = off
as $$
#variable_conflict use_column
begin
  -- By looking first: `on conflict do nothing` takes an id for each row that it does not insert, and ids
  -- of 4 bytes would end within weeks.
  insert into raphael.sources
    (user_key, account_id, device, statistic, entry, daily_total, estimated, scale, device_class)
  select p_user_key, p_account_id, n.device, n.statistic, n.entry, n.daily_total, n.estimated, n.scale, n.device_class
  from json_to_recordset(p_sources) as n (
    device text, statistic text, entry text, daily_total boolean, estimated boolean, scale text, device_class text
  )
  where not exists (
    select from raphael.sources s
    where s.user_key = p_user_key and s.account_id = p_account_id and s.device = n.device
      and s.statistic = n.statistic and s.entry = n.entry and s.daily_total = n.daily_total
      and s.estimated = n.estimated and s.scale = n.scale and s.device_class = n.device_class
  )
  -- The table of classes may have learnt a device's name since.
  on conflict (user_key, account_id, device, statistic, entry, daily_total, estimated, scale)
    do update set device_class = excluded.device_class;
  return query
  select n.ordinal, s.id, s.statistic, s.scale
  from json_to_recordset(p_sources) as n (
    ordinal int, device text, statistic text, entry text, daily_total boolean, estimated boolean, scale text
  )
  join raphael.sources s
    on s.user_key = p_user_key and s.account_id = p_account_id and s.device = n.device
    and s.statistic = n.statistic and s.entry = n.entry and s.daily_total = n.daily_total
    and s.estimated = n.estimated and s.scale = n.scale;
end
$$;
comment on function raphael_private.source_ids(int, uuid, json) is
  'The ids of the batch''s sources, made at first sight; called by whoever holds the account';

reset role;
