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

local windows, batches, bytes = 0, 0, 0
for i, name in ipairs(call.windows) do
  local window = load_window(state_key, name)
  if window and window.delivered == 0 then
    windows = windows + 1
    batches = batches + window.batches - window.first
    bytes = bytes + window.bytes - window.firstBytes
    -- Not DEL: there may be hundreds of MiB, and nobody else is served meanwhile.
    redis.call('UNLINK', KEYS[4 + i])
    drop_window(queue_key, state_key, name, window)
  end
end
if windows == 0 then return { 0, 0, 0 } end

local claim = redis.call('HGET', state_key, 'claim')
local claim_until = taken_until(state_key)
if claim then
  -- Its owner learns of it by its next renew or settle; a delayed copy of its claim must not take the tenant once more.
  redis.call('HDEL', state_key, 'claim', 'claimUntil', 'claimWindows')
  redis.call('HSET', state_key, 'settledClaim', claim)
end
if claim_until > now then
  -- A POST of the owner may be under way until then. It must not arrive after one of what comes now.
  redis.call('HSET', state_key, 'hold', call.hold, 'holdUntil', claim_until)
end
-- Counted in the step that drops them: the answer to this call may be lost.
add_facts(facts_key, { windowsPurged = windows })
reschedule(due_key, queue_key, state_key, call.tenant)
return { windows, batches, bytes }
