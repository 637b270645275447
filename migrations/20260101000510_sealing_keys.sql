-- Which keys what is sealed needs, and sealing it anew. An envelope is v1.<kid>.<iv>.<ciphertext>.

set role raphael_owner;

create function raphael_private.sealing_keys() returns setof text
language sql
stable
security definer
set search_path = ''
as $$
  -- From key to key through the index, so that each start of a function can ask: a million rows under
  -- two keys cost three probes.
  with recursive tokens as (
    select min(split_part(t.access_ct, '.', 2)) as kid from raphael_private.account_tokens t
    union all
    select (
      select min(split_part(t.access_ct, '.', 2)) from raphael_private.account_tokens t
      where split_part(t.access_ct, '.', 2) > k.kid
    )
    from tokens k
    where k.kid is not null
  )
  select k.kid from tokens k where k.kid <> ''
  union
  select split_part(ct, '.', 2)
  from raphael_private.oauth_states s cross join unnest(array[s.verifier_ct, s.callback_ct]) as ct
  where split_part(ct, '.', 2) <> ''
  union
  select split_part(r.access_ct, '.', 2) from raphael_private.revocations r
  where split_part(r.access_ct, '.', 2) <> ''
$$;
comment on function raphael_private.sealing_keys() is
  'Ids of the keys that something is sealed with: none of them may be missing';
grant execute on function raphael_private.sealing_keys() to raphael_app;

create function raphael_private.sealed_counts() returns table (place text, kid text, sealed bigint)
language sql
stable
security definer
set search_path = ''
as $$
  select 'account_tokens', split_part(t.access_ct, '.', 2), count(*)
  from raphael_private.account_tokens t group by 2
  union all
  select 'oauth_states', split_part(ct, '.', 2), count(*)
  from raphael_private.oauth_states s cross join unnest(array[s.verifier_ct, s.callback_ct]) as ct
  where ct is not null group by 2
  union all
  select 'revocations', split_part(r.access_ct, '.', 2), count(*)
  from raphael_private.revocations r where r.access_ct is not null group by 2
$$;
comment on function raphael_private.sealed_counts() is
  'How much is sealed with which key, for operators; reads every row';
grant execute on function raphael_private.sealed_counts() to raphael_app;

create function raphael_private.rows_to_reseal(p_place text, p_kid text, p_after uuid, p_limit int)
returns table (
  id uuid, account_id uuid, user_id uuid, provider text, token_version int, first_ct text, second_ct text
)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  case p_place
    when 'account_tokens' then
      return query
      select t.account_id, t.account_id, a.user_id, a.provider, t.token_version, t.access_ct, t.refresh_ct
      from raphael_private.account_tokens t join raphael.provider_accounts a on a.id = t.account_id
      where t.account_id > p_after and split_part(t.access_ct, '.', 2) <> p_kid
      order by t.account_id limit p_limit;
    when 'oauth_states' then
      return query
      select s.id, s.id, s.user_id, s.provider, 1, s.verifier_ct, s.callback_ct
      from raphael_private.oauth_states s
      where s.id > p_after
        and (split_part(s.verifier_ct, '.', 2) <> p_kid or split_part(s.callback_ct, '.', 2) <> p_kid)
      order by s.id limit p_limit;
    when 'revocations' then
      return query
      select r.id, r.account_id, r.user_id, r.provider, r.token_version, r.access_ct, r.refresh_ct
      from raphael_private.revocations r
      where r.id > p_after and split_part(r.access_ct, '.', 2) <> p_kid
      order by r.id limit p_limit;
  end case;
end
$$;
comment on function raphael_private.rows_to_reseal(text, text, uuid, int) is
  'What of one table is sealed with another key: access and refresh token, or verifier and callback';
grant execute on function raphael_private.rows_to_reseal(text, text, uuid, int) to raphael_app;

create function raphael_private.reseal_rows(p_place text, p_rows jsonb) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_count int;
begin
  -- Against what was read: of a row that has been written since, the newer text stays. The version is
  -- left alone, for nothing else has changed.
  case p_place
    when 'account_tokens' then
      update raphael_private.account_tokens t
      set access_ct = n.first_ct, refresh_ct = n.second_ct
      from jsonb_to_recordset(p_rows) as n
        (id uuid, old_first_ct text, old_second_ct text, first_ct text, second_ct text)
      where t.account_id = n.id and t.access_ct = n.old_first_ct
        and t.refresh_ct is not distinct from n.old_second_ct;
    when 'oauth_states' then
      update raphael_private.oauth_states s
      set verifier_ct = n.first_ct, callback_ct = n.second_ct
      from jsonb_to_recordset(p_rows) as n
        (id uuid, old_first_ct text, old_second_ct text, first_ct text, second_ct text)
      where s.id = n.id and s.verifier_ct is not distinct from n.old_first_ct
        and s.callback_ct is not distinct from n.old_second_ct;
    when 'revocations' then
      update raphael_private.revocations r
      set access_ct = n.first_ct, refresh_ct = n.second_ct
      from jsonb_to_recordset(p_rows) as n
        (id uuid, old_first_ct text, old_second_ct text, first_ct text, second_ct text)
      where r.id = n.id and r.access_ct = n.old_first_ct
        and r.refresh_ct is not distinct from n.old_second_ct;
  end case;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function raphael_private.reseal_rows(text, jsonb) is
  'The same values under another key; returns how many had not been written meanwhile';
grant execute on function raphael_private.reseal_rows(text, jsonb) to raphael_app;

reset role;
