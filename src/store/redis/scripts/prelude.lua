-- Stands in front of each of the five scripts: the clock, a window's times, and how its state is kept. Before it stands
-- `local settings = { … }`, with what ScriptSettings of scripts.ts has: as text it costs a call nothing to read.
--
-- ARGV[1] is the same for all of them: what is added to the clock, ms; 0 outside tests.
-- ARGV[2] is what this call is about, JSON: see each script.

-- Redis before 7 could be set to replicate scripts, not their effects; such a script may not write after asking the time.
if redis.replicate_commands then redis.replicate_commands() end

local call = cjson.decode(ARGV[2])

local time = redis.call('TIME')
-- Every decision of a script is made at this one instant, ms since the epoch.
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]

-- A life is set again once this share of it is over; it is longer than it must be by as much (keys.ts).
local TOUCH_SHARE = 32

local function due_at(start, resolution)
  return (start + resolution) * 1000 + settings.graceMs
end

local function deadline_at(start, resolution)
  return (start + resolution) * 1000 + math.max(2000 * resolution, settings.lateDeadlineMs)
end

-- A trickle of late lines must not mean a delivery each; see redeliverAt in model/window.ts.
local function redeliver_at(start, resolution)
  local pause = math.max(settings.graceMs, math.min(60000, resolution * 1000))
  return math.max(now, math.min(now + pause, deadline_at(start, resolution)))
end

-- A window's name in `s` and `q`: start first, so that windows that are due together come in the order of their start.
local function window_name(start, resolution)
  return string.format('%.0f:%.0f', start, resolution)
end

local function start_and_resolution(name)
  local start, resolution = string.match(name, '^(%d+):(%d+)$')
  return tonumber(start), tonumber(resolution)
end

-- A window's state is one field of `s`: a JSON array of these numbers, in this order. tenant-state.ts reads them, too.
--   adds                    1 if a second delivery would add to the first
--   delivered               1 if nothing in it waits
--   next                    when it is to be delivered or retired
--   firstDue                when it was first due and undelivered
--   batches, bytes
--   first, firstBytes       batches before this one were delivered on their own (adds only)
--   fixed, fixedBytes       where the delivery under way ends (adds only); 0 before its first claim
--   progressEnd, points     so many points are settled, good for so many batches
local function window_of(text)
  if not text then return nil end
  local n = cjson.decode(text)
  return {
    adds = n[1], delivered = n[2], next = n[3], firstDue = n[4], batches = n[5], bytes = n[6],
    first = n[7], firstBytes = n[8], fixed = n[9], fixedBytes = n[10], progressEnd = n[11], points = n[12],
  }
end

local function text_of(window)
  return cjson.encode({
    window.adds, window.delivered, window.next, window.firstDue, window.batches, window.bytes,
    window.first, window.firstBytes, window.fixed, window.fixedBytes, window.progressEnd, window.points,
  })
end

-- Windows of these names; nil for one that there is not. What is held in `s` of them may be given, as far as it was read.
local function load_windows(state_key, names, texts)
  local windows = {}
  if #names == 0 then return windows end
  texts = texts or redis.call('HMGET', state_key, unpack(names))
  for i, name in ipairs(names) do windows[name] = window_of(texts[i]) end
  return windows
end

local function cost(window)
  return window.bytes + window.batches * settings.batchOverheadBytes
end

local function end_batch(window)
  return window.fixed > 0 and window.fixed or window.batches
end

-- Progress counts for the batches as they are now, and is never lowered: what comes may be a delayed copy.
local function record_progress(window, batches, points)
  if window.delivered == 1 or batches ~= end_batch(window) then return end
  local held = window.progressEnd == batches and window.points or 0
  window.progressEnd, window.points = batches, math.max(held, points)
end

local function wake(window, at)
  window.delivered, window.next, window.firstDue = 0, at, at
end

-- Forgets windows, whatever becomes of their lists. There are some hundreds of them at most.
local function drop_windows(queue_key, state_key, names, windows)
  if #names == 0 then return end
  local bytes = 0
  for _, name in ipairs(names) do bytes = bytes + cost(windows[name]) end
  redis.call('ZREM', queue_key, unpack(names))
  redis.call('HDEL', state_key, unpack(names))
  redis.call('HINCRBY', state_key, 'bytes', string.format('%.0f', -bytes))
end

-- Says when an outlet should look at the tenant next, or forgets it if nothing is left to remember it for.
--   claim_until, hold_until  until when it is claimed and held; 0 if it is not. A claim that has lapsed stays until another is made
--   touched_at               when its lives were last set; 0 if they have to be set anew
-- The life of the due set is set by whoever calls this, but for one that this makes.
local function reschedule(due_key, queue_key, state_key, tenant, claim_until, hold_until, touched_at)
  local at = claim_until > 0 and claim_until or hold_until
  if claim_until <= now and hold_until <= now then
    local earliest = redis.call('ZRANGE', queue_key, 0, 0, 'WITHSCORES')
    if #earliest == 0 then
      redis.call('DEL', queue_key, state_key)
      redis.call('ZREM', due_key, tenant)
      return
    end
    if claim_until == 0 then at = earliest[2] end
  end
  if redis.call('ZADD', due_key, at, tenant) == 1 then redis.call('PEXPIRE', due_key, settings.stateTtlMs) end
  if now - touched_at >= settings.stateTtlMs / TOUCH_SHARE then
    redis.call('HSET', state_key, 'touchedAt', now)
    for _, key in ipairs({ queue_key, state_key }) do redis.call('PEXPIRE', key, settings.stateTtlMs) end
  end
end

-- Counts are of the last half hour up to an hour: `now:NAME`, and `before:NAME` of the half hour before `since`.
local function turn_page(facts_key, since)
  -- First, so that a full Redis refuses this rather than what follows.
  redis.call('HSET', facts_key, 'since', now)
  local fields = since and redis.call('HGETALL', facts_key) or {}
  for i = 1, #fields, 2 do
    if string.find(fields[i], '^before:') then redis.call('HDEL', facts_key, fields[i]) end
  end
  for i = 1, #fields, 2 do
    local name = string.match(fields[i], '^now:(.*)')
    if name then
      redis.call('HDEL', facts_key, fields[i])
      if now - since < 2 * settings.countsMs then redis.call('HSET', facts_key, 'before:' .. name, fields[i + 1]) end
    end
  end
end

-- Adds counts to a tenant's facts and sets other fields, in one read and one write. `others` gets the fields that `wanted` names,
-- as they are, and gives those that are to be set.
local function write_facts(facts_key, counts, wanted, others)
  local fields, names = { 'since', 'touchedAt' }, {}
  for _, name in ipairs(wanted) do fields[#fields + 1] = name end
  for name, by in pairs(counts) do
    if by ~= 0 then
      names[#names + 1] = name
      fields[#fields + 1] = 'now:' .. name
    end
  end
  local held = redis.call('HMGET', facts_key, unpack(fields))
  local since, touched_at = tonumber(held[1]), tonumber(held[2] or 0)
  if not since or now - since >= settings.countsMs then
    turn_page(facts_key, since)
    for i = 1, #names do held[2 + #wanted + i] = nil end
  end
  local writes = others(unpack(held, 3, 2 + #wanted))
  local is_old = now - touched_at >= settings.factsTtlMs / TOUCH_SHARE
  if is_old then writes.touchedAt = now end
  for i, name in ipairs(names) do
    writes['now:' .. name] = string.format('%.0f', (held[2 + #wanted + i] or 0) + counts[name])
  end
  local pairs_of = {}
  for name, value in pairs(writes) do
    pairs_of[#pairs_of + 1] = name
    pairs_of[#pairs_of + 1] = value
  end
  if #pairs_of > 0 then redis.call('HSET', facts_key, unpack(pairs_of)) end
  if is_old then redis.call('PEXPIRE', facts_key, settings.factsTtlMs) end
end
