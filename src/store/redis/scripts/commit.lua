-- commit: stores a group of requests of one partition, each wholly or not at all, and answers each.
--
-- KEYS[1]   the partition's due set
-- KEYS[2..] in whatever order: per tenant its queue, state and facts; per request its idempotency key; the lists of the
--           windows that it may write to. The call says which is which, by index.
-- ARGV[1]   settings, see prelude.lua
-- ARGV[2]   JSON:
--   tenants   { id, queue, state, facts: indexes into KEYS } each
--   requests  each:
--     tenant        index into tenants
--     token         the drain token
--     adds, drop    whether the destination adds, and if so whether late lines are dropped
--     key, ttlMs    index into KEYS of the idempotency key, and its life
--     nonce         the caller's name for this request; absent if it will not repeat it
--     resolution    seconds
--     open          start of the window that the receiver thinks is open, seconds
--     openList      index into KEYS of that window's list; 0 unless the destination adds
--     batches       { start in seconds, measurements, index into KEYS of its list, index into ARGV of its bytes } each
--     facts         counts by name
--     examples      texts by reason of rejection; absent if there are none
-- ARGV[3..] the batches
--
-- Returns { now, answer, … }, an answer being { 'stored', late, future }, { 'duplicate' }, { 'again' } or
-- { 'refused', reason }.

-- First all checks, without a write, each carrying forward what those before it will store: there is no roll-back.
local states = {} -- by index of the tenant: bytes that it has, bytes by window, both with what is to come
local known = {} -- values of the idempotency keys of requests before this one

local function state_of(index)
  if not states[index] then
    local bytes = redis.call('HGET', KEYS[call.tenants[index].state], 'bytes')
    states[index] = { bytes = tonumber(bytes or 0), windows = {} }
  end
  return states[index]
end

-- Where each batch goes: nil if the receiver has to compute anew.
local function place(request)
  local targets, late, future = {}, 0, 0
  local resolution, open = request.resolution, request.open
  for _, batch in ipairs(request.batches) do
    local start, measurements, list, bytes = unpack(batch)
    if now >= deadline_at(start, resolution) then
      -- From this very instant on the window may have been retired: it must never be made again.
      late = late + measurements
    elseif start * 1000 > now + math.max(1000 * resolution, settings.futureLimitMs) then
      future = future + measurements
    elseif not request.adds or now < due_at(start, resolution) then
      targets[#targets + 1] = { start = start, list = list, bytes = bytes }
    elseif request.drop then
      late = late + measurements
    elseif open * 1000 <= now and now < due_at(open, resolution) then
      targets[#targets + 1] = { start = open, list = request.openList, bytes = bytes }
    else
      return nil
    end
  end
  return { targets = targets, late = late, future = future }
end

-- The cap that a request would break; nil if none, and then what it takes is carried forward.
local function broken_cap(request, targets)
  local state = state_of(request.tenant)
  local windows, total = {}, state.bytes
  for _, target in ipairs(targets) do
    local name = window_name(target.start, request.resolution)
    if not state.windows[name] then
      local window = load_window(KEYS[call.tenants[request.tenant].state], name)
      state.windows[name] = window and cost(window) or 0
    end
    local more = #ARGV[target.bytes] + settings.batchOverheadBytes
    windows[name] = (windows[name] or state.windows[name]) + more
    total = total + more
  end
  for _, bytes in pairs(windows) do
    if bytes > settings.windowBytesMax then return 'window-bytes' end
  end
  if total > settings.tenantBytesMax then return 'tenant-bytes' end
  state.bytes = total
  for name, bytes in pairs(windows) do state.windows[name] = bytes end
  return nil
end

local function measurements_of(request)
  local sum = 0
  for _, batch in ipairs(request.batches) do sum = sum + batch[2] end
  return sum
end

-- What a stored request leaves under its idempotency key: enough to answer the caller's own repeat as the first time.
local function receipt(request, late, future)
  return request.nonce and string.format('%s %.0f %.0f', request.nonce, late, future) or ''
end

-- The answer to a request whose idempotency key is known.
local function answer_again(request, held)
  local nonce, late, future = string.match(held, '^(%S+) (%d+) (%d+)$')
  if nonce and nonce == request.nonce then return { answer = { 'stored', tonumber(late), tonumber(future) } } end
  return { answer = { 'duplicate' }, facts = { duplicates = measurements_of(request) } }
end

-- What becomes of a request: its answer, what the tenant's facts gain and, if it is stored, the targets of its batches.
local function decide(request)
  local held = known[request.key] or redis.call('GET', KEYS[request.key])
  if held then return answer_again(request, held) end
  local placement = place(request)
  if not placement then return { answer = { 'again' } } end
  local reason = broken_cap(request, placement.targets)
  if reason then return { answer = { 'refused', reason }, facts = { refusedRequests = 1 } } end
  known[request.key] = receipt(request, placement.late, placement.future)
  local facts = request.facts
  facts.late = (facts.late or 0) + placement.late
  facts.future = (facts.future or 0) + placement.future
  return { answer = { 'stored', placement.late, placement.future }, facts = facts, targets = placement.targets }
end

-- Then the writes, request by request.

-- Puts a batch into its window and returns when the window is to be looked at.
local function append(tenant, request, target)
  local queue_key, state_key, list = KEYS[tenant.queue], KEYS[tenant.state], KEYS[target.list]
  local name = window_name(target.start, request.resolution)
  local window = load_window(state_key, name)
  local bytes = ARGV[target.bytes]
  if not window then
    -- A list left over from a window of this name that was dropped would be delivered as part of this one.
    redis.call('DEL', list)
    window = { adds = request.adds and 1 or 0 }
    for _, part in ipairs(PARTS) do window[part] = window[part] or 0 end
    wake(window, due_at(target.start, request.resolution))
  elseif window.delivered == 1 then
    wake(window, redeliver_at(target.start, request.resolution))
  end
  redis.call('RPUSH', list, bytes)
  redis.call('PEXPIRE', list, settings.stateTtlMs)
  window.batches, window.bytes = window.batches + 1, window.bytes + #bytes
  save_window(state_key, name, window)
  redis.call('HINCRBY', state_key, 'bytes', #bytes + settings.batchOverheadBytes)
  redis.call('ZADD', queue_key, window.next, name)
  return window.next
end

local function store(request, targets)
  if #targets == 0 then return end
  local tenant = call.tenants[request.tenant]
  local due_key, queue_key, state_key = KEYS[1], KEYS[tenant.queue], KEYS[tenant.state]
  local earliest = math.huge
  for _, target in ipairs(targets) do earliest = math.min(earliest, append(tenant, request, target)) end
  -- The last token wins: the first may be one that no outlet can decrypt any more.
  redis.call('HSET', state_key, 'token', request.token)
  local claim_until, hold_until = taken_until(state_key)
  if claim_until > now or hold_until > now then
    -- Whoever has it, or its hold, says when it is looked at next. It is put in only if it is missing.
    redis.call('ZADD', due_key, 'NX', math.max(claim_until, hold_until), tenant.id)
  else
    redis.call('ZADD', due_key, 'LT', earliest, tenant.id)
  end
  for _, key in ipairs({ due_key, queue_key, state_key }) do redis.call('PEXPIRE', key, settings.stateTtlMs) end
end

local decisions = {}
for i, request in ipairs(call.requests) do decisions[i] = decide(request) end

-- Changes nothing, but a Redis that is full, read-only or short of replicas refuses it, and so the whole script. What comes
-- next might be let through where there is no room (DEL, PEXPIRE), and after one write all others are, too.
redis.call('ZADD', KEYS[1], 'XX', 0, '')

local answers = { now }
for i, request in ipairs(call.requests) do
  local decision = decisions[i]
  local facts_key = KEYS[call.tenants[request.tenant].facts]
  if decision.targets then
    store(request, decision.targets)
    redis.call('HSET', facts_key, 'lastDataAt', now)
    for reason, text in pairs(request.examples or {}) do redis.call('HSET', facts_key, 'example:' .. reason, text) end
  end
  if decision.facts then add_facts(facts_key, decision.facts) end
  if decision.targets then redis.call('SET', KEYS[request.key], known[request.key], 'PX', request.ttlMs) end
  answers[i + 1] = decision.answer
end
return answers
