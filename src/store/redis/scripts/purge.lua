-- purge: drops windows of a tenant that wait for delivery, and ends the claim on it.
--
-- KEYS[1]   the partition's due set
-- KEYS[2]   the tenant's queue of windows
-- KEYS[3]   the tenant's state
-- KEYS[4]   the tenant's facts
-- KEYS[5..] the lists of the windows, in the order of the call
-- ARGV[1]   see prelude.lua
-- ARGV[2]   JSON:
--   tenant   its id
--   windows  names of those that waited when the caller looked: only their lists can be named. One that came since is
--            left, as if it had come a moment later; one that has been delivered since is left, too
--   hold     JSON of why the tenant waits if its claim is ended, as text
--
-- Returns { windows, batches, bytes } that were dropped.

-- Not all of KEYS: Lua unpacks some thousands at most.
local due_key, queue_key, state_key, facts_key = unpack(KEYS, 1, 4)

-- See claim.lua.
redis.call('PEXPIRE', due_key, settings.stateTtlMs)

-- Lua unpacks some thousands at most, and what is looked at together is dropped together.
local AT_ONCE = 500

local windows, batches, bytes = 0, 0, 0
for from = 1, #call.windows, AT_ONCE do
  local names, dropped = {}, {}
  for i = from, math.min(from + AT_ONCE - 1, #call.windows) do names[#names + 1] = call.windows[i] end
  local held = load_windows(state_key, names)
  for i, name in ipairs(names) do
    local window = held[name]
    if window and window.delivered == 0 then
      windows = windows + 1
      batches = batches + window.batches - window.first
      bytes = bytes + window.bytes - window.firstBytes
      dropped[#dropped + 1] = name
      -- Not DEL: there may be hundreds of MiB, and nobody else is served meanwhile.
      redis.call('UNLINK', KEYS[4 + from - 1 + i])
    end
  end
  drop_windows(queue_key, state_key, dropped, held)
end
if windows == 0 then return { 0, 0, 0 } end

local held = redis.call('HMGET', state_key, 'claim', 'claimUntil', 'holdUntil', 'touchedAt')
local claim_until, hold_until = tonumber(held[2] or 0), tonumber(held[3] or 0)
if held[1] then
  -- Its owner learns of it by its next renew or settle; a delayed copy of its claim must not take the tenant once more.
  redis.call('HDEL', state_key, 'claim', 'claimUntil', 'claimWindows')
  redis.call('HSET', state_key, 'settledClaim', held[1])
end
if claim_until > now then
  -- A POST of the owner may be under way until then. It must not arrive after one of what comes now.
  hold_until = claim_until
  redis.call('HSET', state_key, 'hold', call.hold, 'holdUntil', hold_until)
end
-- Counted in the step that drops them: the answer to this call may be lost.
write_facts(facts_key, { windowsPurged = windows }, {}, function() return {} end)
reschedule(due_key, queue_key, state_key, call.tenant, 0, hold_until, tonumber(held[4] or 0))
return { windows, batches, bytes }
