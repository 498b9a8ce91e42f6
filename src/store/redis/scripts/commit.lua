-- commit: stores a group of requests, each wholly or not at all, and answers each.
--
-- KEYS      in whatever order: per tenant its partition's due set, its queue, state and facts; per request its idempotency
--           key; the lists of the windows that it may write to. The call says which is which, by index.
-- ARGV[1]   settings, see prelude.lua
-- ARGV[2]   JSON, arrays rather than objects, since the keys' names are most of what there would be to read:
--   tenants   { id, token, due, queue, state, facts } each: a drain token, and indexes into KEYS
--   requests  { tenant, key, ttlMs, nonce, resolution, adds, drop, open, openList, batches, facts, examples } each:
--     tenant        index into tenants
--     key, ttlMs    index into KEYS of the idempotency key, and its life
--     nonce         the caller's name for this request; '' if it will not repeat it
--     resolution    seconds
--     adds, drop    1 if the destination adds, and if so if late lines are dropped; else 0
--     open          start of the window that the receiver thinks is open, seconds
--     openList      index into KEYS of that window's list; 0 unless the destination adds
--     batches       { start in seconds, measurements, index into KEYS of its list, index into ARGV of its bytes } each
--     facts         counts by name
--     examples      texts by reason of rejection; 0 if there are none
-- ARGV[3..] the batches
--
-- Returns { now, answer, … }, an answer being { 'stored', late, future }, { 'duplicate' }, { 'again' } or
-- { 'refused', reason }.

-- Reads all that it needs, decides, and then writes: there is no roll-back. What a request will store is carried forward to
-- those behind it. Each command costs as much as a hundred lines of Lua, so what belongs together goes together.

local requests = {}
for i, parts in ipairs(call.requests) do
  local tenant, key, ttl_ms, nonce, resolution, adds, drop, open, open_list, batches, facts, examples = unpack(parts)
  requests[i] = {
    tenant = tenant, key = KEYS[key], ttlMs = ttl_ms, nonce = nonce, resolution = resolution,
    adds = adds == 1, drop = drop == 1, open = open, openList = open_list,
    batches = batches, facts = facts, examples = examples,
  }
end

-- A life is set again once this share of it is over; it is longer than it must be by as much (keys.ts).
local TOUCH_SHARE = 32

-- Each tenant once: what is known of it, and what it gets.
local tenants = {}
for i, parts in ipairs(call.tenants) do
  local id, token, due, queue, state, facts = unpack(parts)
  tenants[i] = {
    id = id, token = token, dueKey = KEYS[due], queueKey = KEYS[queue], stateKey = KEYS[state], factsKey = KEYS[facts],
    windows = {}, names = {}, -- the windows that its requests name
    batches = {}, lists = {}, -- what is appended, by list
    changed = {}, woken = {}, -- windows by name
    stored = {}, -- requests
  }
end
for _, request in ipairs(requests) do
  local tenant = tenants[request.tenant]
  local function name(start)
    local window = window_name(start, request.resolution)
    if tenant.windows[window] then return end
    tenant.windows[window] = true
    tenant.names[#tenant.names + 1] = window
  end
  for _, batch in ipairs(request.batches) do name(batch[1]) end
  if request.adds then name(request.open) end
end
for _, tenant in ipairs(tenants) do
  local fields = { 'bytes', 'token', 'claimUntil', 'holdUntil', 'touchedAt' }
  local known = #fields
  -- Lua hands over some thousand values at once.
  for i, name in ipairs(tenant.names) do
    if i <= 1000 then fields[known + i] = name end
  end
  local values = redis.call('HMGET', tenant.stateKey, unpack(fields))
  tenant.bytes, tenant.heldToken, tenant.touchedAt = tonumber(values[1] or 0), values[2], tonumber(values[5] or 0)
  tenant.takenUntil = math.max(tonumber(values[3] or 0), tonumber(values[4] or 0))
  for i, name in ipairs(tenant.names) do
    local text = values[known + i]
    if i > 1000 then text = redis.call('HGET', tenant.stateKey, name) end
    tenant.windows[name] = window_of(text) or false
  end
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

-- The cap that a request would break, if any.
local function broken_cap(request, targets)
  local tenant = tenants[request.tenant]
  local sizes, total = {}, tenant.bytes
  for _, target in ipairs(targets) do
    local name = window_name(target.start, request.resolution)
    local window = tenant.windows[name]
    local more = #ARGV[target.bytes] + settings.batchOverheadBytes
    sizes[name] = (sizes[name] or window and cost(window) or 0) + more
    if sizes[name] > settings.windowBytesMax then return 'window-bytes' end
    total = total + more
  end
  return total > settings.tenantBytesMax and 'tenant-bytes' or nil
end

-- Takes a batch into its window, to be written later.
local function append(tenant, request, target)
  local name = window_name(target.start, request.resolution)
  local window = tenant.windows[name]
  if not window then
    window = { adds = request.adds and 1 or 0, batches = 0, bytes = 0, isNew = true }
    window.first, window.firstBytes, window.fixed, window.fixedBytes = 0, 0, 0, 0
    window.progressEnd, window.points = 0, 0
    wake(window, due_at(target.start, request.resolution))
    tenant.windows[name], tenant.woken[name] = window, window
  elseif window.delivered == 1 then
    wake(window, redeliver_at(target.start, request.resolution))
    tenant.woken[name] = window
  end
  local bytes = ARGV[target.bytes]
  window.batches, window.bytes = window.batches + 1, window.bytes + #bytes
  tenant.bytes = tenant.bytes + #bytes + settings.batchOverheadBytes
  tenant.changed[name] = window
  local list = KEYS[target.list]
  if not tenant.batches[list] then
    tenant.batches[list] = {}
    tenant.lists[#tenant.lists + 1] = { key = list, window = window, name = name }
  end
  table.insert(tenant.batches[list], bytes)
end

local function measurements_of(request)
  local sum = 0
  for _, batch in ipairs(request.batches) do sum = sum + batch[2] end
  return sum
end

local function count(tenant, facts)
  tenant.facts = tenant.facts or {}
  for name, by in pairs(facts) do tenant.facts[name] = (tenant.facts[name] or 0) + by end
end

local receipts = {} -- what requests before this one leave under their idempotency keys

-- What a stored request leaves under its idempotency key: enough to answer the caller's own repeat as the first time.
local function receipt(request, late, future)
  return request.nonce ~= '' and string.format('%s %.0f %.0f', request.nonce, late, future) or ''
end

-- The answer to a request whose idempotency key is known.
local function answer_again(request, held)
  local nonce, late, future = string.match(held, '^(%S+) (%d+) (%d+)$')
  if nonce and nonce == request.nonce then return { 'stored', tonumber(late), tonumber(future) } end
  count(tenants[request.tenant], { duplicates = measurements_of(request) })
  return { 'duplicate' }
end

local function decide(request, held)
  held = receipts[request.key] or held
  if held then return answer_again(request, held) end
  local tenant = tenants[request.tenant]
  local placement = place(request)
  if not placement then return { 'again' } end
  local reason = broken_cap(request, placement.targets)
  if reason then
    count(tenant, { refusedRequests = 1 })
    return { 'refused', reason }
  end
  for _, target in ipairs(placement.targets) do append(tenant, request, target) end
  count(tenant, request.facts)
  count(tenant, { late = placement.late, future = placement.future })
  tenant.hasData = true
  table.insert(tenant.stored, request)
  if request.examples ~= 0 then
    tenant.examples = tenant.examples or {}
    for name, text in pairs(request.examples) do tenant.examples[name] = text end
  end
  receipts[request.key] = receipt(request, placement.late, placement.future)
  return { 'stored', placement.late, placement.future }
end

-- Then the writes, tenant by tenant. The first of them is one that a Redis refuses which is full, read-only or short of
-- replicas, and so the whole script: HSET. After it all others are let through.

local function write_windows(tenant)
  local is_old = next(tenant.woken) or now - tenant.touchedAt >= settings.stateTtlMs / TOUCH_SHARE
  local fields = { 'bytes', tenant.bytes }
  -- The last token wins: the first may be one that no outlet can decrypt any more.
  if tenant.token ~= tenant.heldToken then fields[3], fields[4] = 'token', tenant.token end
  if is_old then fields[#fields + 1], fields[#fields + 2] = 'touchedAt', now end
  redis.call('HSET', tenant.stateKey, unpack(fields))
  for name, window in pairs(tenant.changed) do redis.call('HSET', tenant.stateKey, name, text_of(window)) end
  for _, list in ipairs(tenant.lists) do
    -- A list left over from a window of this name that was dropped would be delivered as part of this one.
    if list.window.isNew then redis.call('DEL', list.key) end
    local batches = tenant.batches[list.key]
    local is_alone = redis.call('RPUSH', list.key, unpack(batches)) == #batches
    if is_old or is_alone then redis.call('PEXPIRE', list.key, settings.stateTtlMs) end
  end
  local earliest = math.huge
  for name, window in pairs(tenant.woken) do
    redis.call('ZADD', tenant.queueKey, window.next, name)
    earliest = math.min(earliest, window.next)
  end
  if tenant.takenUntil > now then
    -- Whoever has it, or its hold, says when it is looked at next. It is put in only if it is missing.
    is_old = redis.call('ZADD', tenant.dueKey, 'NX', tenant.takenUntil, tenant.id) == 1 or is_old
  elseif earliest < math.huge then
    redis.call('ZADD', tenant.dueKey, 'LT', earliest, tenant.id)
  end
  if is_old then
    for _, key in ipairs({ tenant.dueKey, tenant.queueKey, tenant.stateKey }) do
      redis.call('PEXPIRE', key, settings.stateTtlMs)
    end
  end
end

local function write_facts(tenant)
  local names, fields = {}, { 'since', 'touchedAt' }
  for name, by in pairs(tenant.facts) do
    if by ~= 0 then
      names[#names + 1] = name
      fields[#fields + 1] = 'now:' .. name
    end
  end
  local values = redis.call('HMGET', tenant.factsKey, unpack(fields))
  local since, touched_at = tonumber(values[1]), tonumber(values[2] or 0)
  local writes = {}
  local function write(name, value)
    writes[#writes + 1] = name
    writes[#writes + 1] = value
  end
  if tenant.hasData then write('lastDataAt', now) end
  for name, text in pairs(tenant.examples or {}) do write('example:' .. name, text) end
  local is_old = now - touched_at >= settings.factsTtlMs / TOUCH_SHARE
  if is_old then write('touchedAt', now) end
  local is_turned = not since or now - since >= settings.countsMs
  if not is_turned then
    for i, name in ipairs(names) do write(fields[2 + i], tonumber(values[2 + i] or 0) + tenant.facts[name]) end
  end
  if #writes > 0 then redis.call('HSET', tenant.factsKey, unpack(writes)) end
  if is_turned then
    -- Changes nothing, but is refused like HSET: there may have been none.
    redis.call('ZADD', tenant.dueKey, 'XX', 0, '')
    add_facts(tenant.factsKey, tenant.facts)
  elseif is_old then
    redis.call('PEXPIRE', tenant.factsKey, settings.factsTtlMs)
  end
end

local answers, keys = { now }, {}
for i, request in ipairs(requests) do keys[i] = request.key end
local held = redis.call('MGET', unpack(keys))
for i, request in ipairs(requests) do answers[i + 1] = decide(request, held[i]) end
for _, tenant in ipairs(tenants) do
  if #tenant.lists > 0 then write_windows(tenant) end
  if tenant.facts then write_facts(tenant) end
  for _, request in ipairs(tenant.stored) do
    redis.call('SET', request.key, receipts[request.key], 'PX', request.ttlMs)
  end
end
return answers
