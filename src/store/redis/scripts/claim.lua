-- claim: takes a tenant's due windows for the length of a lease. Touches no list: lists die by their expiry.
--
-- KEYS[1] the partition's due set
-- KEYS[2] the tenant's queue of windows
-- KEYS[3] the tenant's state
-- KEYS[4] the tenant's facts
-- ARGV[1] see prelude.lua
-- ARGV[2] JSON:
--   tenant       its id
--   claim        the token of this claim, made by the caller
--   leaseMs      how long it holds
--   windowLimit  most windows that it takes
--
-- Returns nil if there is nothing to take, or { drain token, hold as JSON or '', windows that expired, 1 if a claim was
-- taken over that nobody had settled, { window, first batch, end batch, bytes, points settled, first due }, … }.
local due_key, queue_key, state_key, facts_key = unpack(KEYS)

-- A full Redis lets a script write anything once it has written something that takes no memory: so it can drain.
redis.call('PEXPIRE', due_key, settings.stateTtlMs)

-- Windows that one call looks at, beyond those that it takes: what is to be retired or has expired stands among them.
local LOOK_MAX = 512

local held = redis.call(
  'HMGET', state_key,
  'claim', 'claimWindows', 'settledClaim', 'claimUntil', 'holdUntil', 'touchedAt', 'token', 'hold'
)
local claim_until, hold_until, touched_at = tonumber(held[4] or 0), tonumber(held[5] or 0), tonumber(held[6] or 0)

local function answer(names, windows, expired, taken_over)
  local claimed = { held[7], held[8] or '', expired, taken_over }
  for _, name in ipairs(names) do
    local window = windows[name]
    if window then
      local to, to_bytes = window.batches, window.bytes
      if window.fixed > 0 then to, to_bytes = window.fixed, window.fixedBytes end
      local points = window.progressEnd == to and window.points or 0
      claimed[#claimed + 1] = { name, window.first, to, to_bytes - window.firstBytes, points, window.firstDue }
    end
  end
  return claimed
end

if held[1] == call.claim then
  -- A repeat, or a delayed copy while the claim lives.
  claim_until = now + call.leaseMs
  redis.call('HSET', state_key, 'claimUntil', claim_until)
  local names = {}
  for name in string.gmatch(held[2], '%S+') do names[#names + 1] = name end
  reschedule(due_key, queue_key, state_key, call.tenant, claim_until, hold_until, touched_at)
  return answer(names, load_windows(state_key, names), 0, 0)
end

if claim_until > now or hold_until > now or held[3] == call.claim then
  reschedule(due_key, queue_key, state_key, call.tenant, claim_until, hold_until, touched_at)
  return nil
end

-- Drops what is past its delivery age, retires what is past its deadline, and takes what is due.
local names = redis.call('ZRANGEBYSCORE', queue_key, '-inf', now, 'LIMIT', 0, call.windowLimit + LOOK_MAX)
local windows = load_windows(state_key, names)
local due, dropped, unknown, expired, changes = {}, {}, {}, 0, {}
for _, name in ipairs(names) do
  local window = windows[name]
  if not window then
    unknown[#unknown + 1] = name
  elseif window.delivered == 1 then
    dropped[#dropped + 1] = name
  elseif now - window.firstDue > settings.deliveryAgeMs then
    dropped[#dropped + 1] = name
    expired = expired + 1
  elseif #due < call.windowLimit then
    due[#due + 1] = name
    if window.adds == 1 and window.fixed == 0 then
      -- More that came for points settled already would be sent with them again, and so count twice.
      window.fixed, window.fixedBytes = window.batches, window.bytes
      changes[#changes + 1] = name
      changes[#changes + 1] = text_of(window)
    end
  end
end
if #unknown > 0 then redis.call('ZREM', queue_key, unpack(unknown)) end
drop_windows(queue_key, state_key, dropped, windows)
-- Counted in the step that drops them: the answer to this call may be lost.
if expired > 0 then
  write_facts(facts_key, { windowsExpired = expired }, {}, function() return {} end)
end
if #due > 0 then
  claim_until = now + call.leaseMs
  redis.call(
    'HSET', state_key,
    'claim', call.claim, 'claimUntil', claim_until, 'claimWindows', table.concat(due, ' '), unpack(changes)
  )
elseif claim_until > 0 then
  claim_until = 0
  redis.call('HDEL', state_key, 'claim', 'claimUntil', 'claimWindows')
end
reschedule(due_key, queue_key, state_key, call.tenant, claim_until, hold_until, touched_at)
if #due > 0 or expired > 0 then return answer(due, windows, expired, held[1] and 1 or 0) end
return nil
