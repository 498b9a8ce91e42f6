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

local names, fields = {}, { 'claim', 'holdUntil', 'touchedAt' }
for i, progress in ipairs(call.windows) do names[i], fields[3 + i] = progress[1], progress[1] end
local held = redis.call('HMGET', state_key, unpack(fields))

-- The token alone counts, not the time: a late owner whom nobody has replaced is still the owner.
if held[1] ~= call.claim then return 0 end

local claim_until = now + call.leaseMs
local writes = { 'claimUntil', claim_until }
local windows = load_windows(state_key, names, { unpack(held, 4, 3 + #names) })
for _, progress in ipairs(call.windows) do
  local name, batches, points = unpack(progress)
  local window = windows[name]
  if window then
    record_progress(window, batches, points)
    writes[#writes + 1] = name
    writes[#writes + 1] = text_of(window)
  end
end
redis.call('HSET', state_key, unpack(writes))
reschedule(
  due_key, queue_key, state_key, call.tenant, claim_until, tonumber(held[2] or 0), tonumber(held[3] or 0)
)
return 1
