-- commit: stores a group of requests, each wholly or not at all, and answers each.
--
-- KEYS      in whatever order: per tenant its partition's due set, its queue, state and facts; per request its idempotency
--           key; the lists of the windows that it may write to. The call says which is which, by index.
-- ARGV[1]   see prelude.lua
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
-- Returns "now,answer,…", an answer being "stored LATE FUTURE", "duplicate", "again" or "refused REASON".

-- Reads all that it needs, decides, and then writes: there is no roll-back. What a request will store is carried forward to
-- those behind it. Each command costs as much as a hundred lines of Lua, so what belongs together goes together.

-- Lua hands over some thousand values at once.
local VALUES_AT_ONCE = 1000

-- Each tenant once: what is known of it, and what it gets. A window goes by the index into KEYS of its list.
local tenants = {}
for i, parts in ipairs(call.tenants) do
  local id, token, due, queue, state, facts = unpack(parts)
  tenants[i] = {
    id = id, token = token, dueKey = KEYS[due], queueKey = KEYS[queue], stateKey = KEYS[state], factsKey = KEYS[facts],
    names = {}, lists = {}, -- names of the windows that its requests name, by list, and their lists
    windows = {}, -- their states by list; nil for one that there is not yet
    batches = {}, changed = {}, -- what is appended, by list, and these lists
    woken = {}, -- lists of windows that are to be delivered at another time than before
    stored = {}, facts = {}, -- requests, and counts by name
  }
end

local requests = {}
for i, parts in ipairs(call.requests) do
  local number, key, ttl_ms, nonce, resolution, adds, drop, open, open_list, batches, facts, examples = unpack(parts)
  local tenant = tenants[number]
  requests[i] = {
    tenant = tenant, key = KEYS[key], ttlMs = ttl_ms, nonce = nonce, resolution = resolution,
    adds = adds == 1, drop = drop == 1, open = open, openList = open_list,
    batches = batches, facts = facts, examples = examples,
  }
  local names, lists = tenant.names, tenant.lists
  for _, batch in ipairs(batches) do
    local list = batch[3]
    if not names[list] then
      names[list] = window_name(batch[1], resolution)
      lists[#lists + 1] = list
    end
  end
  if adds == 1 and not names[open_list] then
    names[open_list] = window_name(open, resolution)
    lists[#lists + 1] = open_list
  end
end

for _, tenant in ipairs(tenants) do
  local fields = { 'bytes', 'token', 'claimUntil', 'holdUntil', 'touchedAt' }
  local known = #fields
  for i, list in ipairs(tenant.lists) do
    if i <= VALUES_AT_ONCE then fields[known + i] = tenant.names[list] end
  end
  local values = redis.call('HMGET', tenant.stateKey, unpack(fields))
  tenant.bytes, tenant.heldToken, tenant.touchedAt = tonumber(values[1] or 0), values[2], tonumber(values[5] or 0)
  tenant.takenUntil = math.max(tonumber(values[3] or 0), tonumber(values[4] or 0))
  for i, list in ipairs(tenant.lists) do
    local text = values[known + i]
    if i > VALUES_AT_ONCE then text = redis.call('HGET', tenant.stateKey, tenant.names[list]) end
    tenant.windows[list] = window_of(text)
  end
end

-- Where each batch goes: a list, the start of its window and the batch, one after another; nil if the receiver has to
-- compute anew. Then how many measurements are late, and how many are ahead.
local function place(request)
  local targets, late, future = {}, 0, 0
  local resolution, open = request.resolution, request.open
  for _, batch in ipairs(request.batches) do
    local start, measurements, list, bytes = batch[1], batch[2], batch[3], batch[4]
    if now >= deadline_at(start, resolution) then
      -- From this very instant on the window may have been retired: it must never be made again.
      late = late + measurements
    elseif start * 1000 > now + math.max(1000 * resolution, settings.futureLimitMs) then
      future = future + measurements
    else
      if request.adds and now >= due_at(start, resolution) then
        if request.drop then
          late, list = late + measurements, nil
        elseif open * 1000 <= now and now < due_at(open, resolution) then
          start, list = open, request.openList
        else
          return nil
        end
      end
      if list then
        local n = #targets
        targets[n + 1], targets[n + 2], targets[n + 3] = list, start, ARGV[bytes]
      end
    end
  end
  return targets, late, future
end

-- The cap that a request would break, if any.
local function broken_cap(request, targets)
  local tenant = request.tenant
  local sizes, total = {}, tenant.bytes
  for n = 1, #targets, 3 do
    local list, bytes = targets[n], targets[n + 2]
    local window = tenant.windows[list]
    local more = #bytes + settings.batchOverheadBytes
    sizes[list] = (sizes[list] or window and cost(window) or 0) + more
    if sizes[list] > settings.windowBytesMax then return 'window-bytes' end
    total = total + more
  end
  return total > settings.tenantBytesMax and 'tenant-bytes' or nil
end

-- Takes a batch into its window, to be written later.
local function append(request, list, start, bytes)
  local tenant = request.tenant
  local window = tenant.windows[list]
  if not window then
    window = { adds = request.adds and 1 or 0, batches = 0, bytes = 0, isNew = true }
    window.first, window.firstBytes, window.fixed, window.fixedBytes = 0, 0, 0, 0
    window.progressEnd, window.points = 0, 0
    wake(window, due_at(start, request.resolution))
    tenant.windows[list] = window
    tenant.woken[#tenant.woken + 1] = list
  elseif window.delivered == 1 then
    wake(window, redeliver_at(start, request.resolution))
    tenant.woken[#tenant.woken + 1] = list
  end
  window.batches, window.bytes = window.batches + 1, window.bytes + #bytes
  tenant.bytes = tenant.bytes + #bytes + settings.batchOverheadBytes
  local batches = tenant.batches[list]
  if not batches then
    batches = {}
    tenant.batches[list] = batches
    tenant.changed[#tenant.changed + 1] = list
  end
  batches[#batches + 1] = bytes
end

local function measurements_of(request)
  local sum = 0
  for _, batch in ipairs(request.batches) do sum = sum + batch[2] end
  return sum
end

local function count(tenant, name, by)
  if by == 0 then return end
  tenant.facts[name] = (tenant.facts[name] or 0) + by
end

local receipts = {} -- what requests before this one leave under their idempotency keys

-- What a stored request leaves under its idempotency key: enough to answer the caller's own repeat as the first time.
local function receipt(request, late, future)
  return request.nonce ~= '' and string.format('%s %.0f %.0f', request.nonce, late, future) or ''
end

-- The answer to a request whose idempotency key is known.
local function answer_again(request, held)
  local nonce, late, future = string.match(held, '^(%S+) (%d+) (%d+)$')
  if nonce and nonce == request.nonce then return 'stored ' .. late .. ' ' .. future end
  count(request.tenant, 'duplicates', measurements_of(request))
  return 'duplicate'
end

local function decide(request, held)
  held = receipts[request.key] or held
  if held then return answer_again(request, held) end
  local tenant = request.tenant
  local targets, late, future = place(request)
  if not targets then return 'again' end
  local reason = broken_cap(request, targets)
  if reason then
    count(tenant, 'refusedRequests', 1)
    return 'refused ' .. reason
  end
  for n = 1, #targets, 3 do append(request, targets[n], targets[n + 1], targets[n + 2]) end
  for name, by in pairs(request.facts) do count(tenant, name, by) end
  count(tenant, 'late', late)
  count(tenant, 'future', future)
  tenant.hasData = true
  tenant.stored[#tenant.stored + 1] = request
  if request.examples ~= 0 then
    tenant.examples = tenant.examples or {}
    for name, text in pairs(request.examples) do tenant.examples[name] = text end
  end
  receipts[request.key] = receipt(request, late, future)
  if late == 0 and future == 0 then return 'stored 0 0' end
  return string.format('stored %.0f %.0f', late, future)
end

-- Then the writes, tenant by tenant. The first of them is one that a Redis refuses which is full, read-only or short of
-- replicas, and so the whole script: HSET. After it all others are let through.

local function write_windows(tenant)
  local is_old = #tenant.woken > 0 or now - tenant.touchedAt >= settings.stateTtlMs / TOUCH_SHARE
  local fields = { 'bytes', tenant.bytes }
  local function write(name, value)
    fields[#fields + 1] = name
    fields[#fields + 1] = value
    if #fields < VALUES_AT_ONCE then return end
    redis.call('HSET', tenant.stateKey, unpack(fields))
    fields = {}
  end
  -- The last token wins: the first may be one that no outlet can decrypt any more.
  if tenant.token ~= tenant.heldToken then write('token', tenant.token) end
  if is_old then write('touchedAt', now) end
  local earliest = math.huge
  for _, list in ipairs(tenant.changed) do
    local window = tenant.windows[list]
    write(tenant.names[list], text_of(window))
    earliest = math.min(earliest, window.next)
  end
  if #fields > 0 then redis.call('HSET', tenant.stateKey, unpack(fields)) end
  for _, list in ipairs(tenant.woken) do
    redis.call('ZADD', tenant.queueKey, tenant.windows[list].next, tenant.names[list])
  end
  if tenant.takenUntil > now then
    -- Whoever has it, or its hold, says when it is looked at next. It is put in only if it is missing.
    is_old = redis.call('ZADD', tenant.dueKey, 'NX', tenant.takenUntil, tenant.id) == 1 or is_old
  else
    -- Whether it is there or not: a tenant that is missing would never be looked at.
    is_old = redis.call('ZADD', tenant.dueKey, 'LT', earliest, tenant.id) == 1 or is_old
  end
  for _, list in ipairs(tenant.changed) do
    -- A list left over from a window of this name that was dropped would be delivered as part of this one.
    if tenant.windows[list].isNew then redis.call('DEL', KEYS[list]) end
    local batches, length = tenant.batches[list], nil
    for from = 1, #batches, VALUES_AT_ONCE do
      length = redis.call('RPUSH', KEYS[list], unpack(batches, from, math.min(from + VALUES_AT_ONCE - 1, #batches)))
    end
    if is_old or length == #batches then redis.call('PEXPIRE', KEYS[list], settings.stateTtlMs) end
  end
  if is_old then
    for _, key in ipairs({ tenant.dueKey, tenant.queueKey, tenant.stateKey }) do
      redis.call('PEXPIRE', key, settings.stateTtlMs)
    end
  end
end

local function write_tenant_facts(tenant)
  write_facts(tenant.factsKey, tenant.facts, {}, function()
    local fields = {}
    if tenant.hasData then fields.lastDataAt = now end
    for name, text in pairs(tenant.examples or {}) do fields['example:' .. name] = text end
    return fields
  end)
end

local answers, keys = { string.format('%.0f', now) }, {}
for i, request in ipairs(requests) do keys[i] = request.key end
local held = redis.call('MGET', unpack(keys))
for i, request in ipairs(requests) do answers[i + 1] = decide(request, held[i]) end
for _, tenant in ipairs(tenants) do
  if #tenant.changed > 0 then write_windows(tenant) end
  if tenant.hasData or next(tenant.facts) then write_tenant_facts(tenant) end
  for _, request in ipairs(tenant.stored) do
    redis.call('SET', request.key, receipts[request.key], 'PX', request.ttlMs)
  end
end
return table.concat(answers, ',')
