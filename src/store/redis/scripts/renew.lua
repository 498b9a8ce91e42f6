-- renew: lengthens a claim and records how far its deliveries are.
--
-- KEYS[1] the partition's due set
-- KEYS[2] the tenant's queue of windows
-- KEYS[3] the tenant's state
-- ARGV[1] see prelude.lua
-- ARGV[2] JSON:
--   tenant    its id
--   claim     the token of the claim
--   leaseMs   how long it holds from now
--   windows   { window, end batch, points settled } each
--
-- Returns 1, or 0 if it is not the tenant's last claim: then nothing changes.
local due_key, queue_key, state_key = unpack(KEYS)

-- See claim.lua.
redis.call('PEXPIRE', due_key, settings.stateTtlMs)

-- The token alone counts, not the time: a late owner whom nobody has replaced is still the owner.
if redis.call('HGET', state_key, 'claim') ~= call.claim then return 0 end

redis.call('HSET', state_key, 'claimUntil', now + call.leaseMs)
for _, progress in ipairs(call.windows) do
  local name, batches, points = unpack(progress)
  local window = load_window(state_key, name)
  if window then
    record_progress(window, batches, points)
    save_window(state_key, name, window)
  end
end
reschedule(due_key, queue_key, state_key, call.tenant)
return 1
