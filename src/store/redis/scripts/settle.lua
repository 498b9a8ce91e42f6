-- settle: ends a claim and says what became of its windows.
--
-- KEYS[1]   the partition's due set
-- KEYS[2]   the tenant's queue of windows
-- KEYS[3]   the tenant's state
-- KEYS[4]   the tenant's facts
-- KEYS[5]   the summaries of what was delivered of it
-- KEYS[6..] the lists of the windows, in the order of the call
-- ARGV[1]   see prelude.lua
-- ARGV[2]   JSON:
--   tenant   its id
--   claim    the token of the claim
--   windows  { window, outcome, end batch, points settled, ms until it is due again } each
--   hold     JSON of why the tenant waits, as text; '' if it does not
--   holdMs   for how long
--   series   JSON of series that were dropped as too many, as text; '' if none was
--   facts    counts by name
-- ARGV[3..] names of windows and their summaries, by turns
--
-- Returns 1, or 0 if it is not the tenant's last claim: then nothing changes. 1, too, where this claim was settled last: the
-- answer to that was lost.
local due_key, queue_key, state_key, facts_key, recent_key = unpack(KEYS)

local names, fields = {}, { 'claim', 'touchedAt' }
for i, settled in ipairs(call.windows) do names[i], fields[2 + i] = settled[1], settled[1] end
local held = redis.call('HMGET', state_key, unpack(fields))

-- The token alone counts, not the time: a late owner whom nobody has replaced is still the owner.
if held[1] ~= call.claim then
  return redis.call('HGET', facts_key, 'settledClaim') == call.claim and 1 or 0
end

-- Keeps summaries, each under a name of its own, since a window may come again: `WINDOW:WHEN:BYTES`. Which of them count is
-- found out when they are looked through. Returns what they take; nil if none is kept.
local function keep_summaries()
  if #ARGV < 3 then return nil end
  local summaries, bytes = {}, 0
  for i = 3, #ARGV, 2 do
    local summary = ARGV[i + 1]
    summaries[#summaries + 1] = string.format('%s:%.0f:%.0f', ARGV[i], now, #summary)
    summaries[#summaries + 1] = summary
    bytes = bytes + #summary + settings.summaryOverheadBytes
  end
  -- The first write, so that a full Redis refuses it: then they are not kept, and it can drain.
  return type(redis.pcall('HSET', recent_key, unpack(summaries))) == 'number' and bytes or nil
end

-- Drops summaries that are old or replaced and, if what is left takes too much, the oldest: a little more than needed, so that
-- not every call has to. Returns what is left.
local function look_through_summaries()
  local latest, dropped = {}, {}
  for _, name in ipairs(redis.call('HKEYS', recent_key)) do
    local start, resolution, at, bytes = string.match(name, '^(%d+):(%d+):(%d+):(%d+)$')
    local window = start .. ':' .. resolution
    local entry = { name = name, start = tonumber(start), at = tonumber(at), bytes = bytes + settings.summaryOverheadBytes }
    local other = latest[window]
    if (start + resolution) * 1000 <= now - settings.recentMs or other and other.at > entry.at then
      dropped[#dropped + 1] = name
    else
      if other then dropped[#dropped + 1] = other.name end
      latest[window] = entry
    end
  end
  local entries, total = {}, 0
  for _, entry in pairs(latest) do
    entries[#entries + 1] = entry
    total = total + entry.bytes
  end
  if total > settings.recentBytesMax then
    table.sort(entries, function(a, b) return a.start < b.start end)
    for i, entry in ipairs(entries) do
      -- The latest stays: by itself it is no more than may be kept.
      if total <= settings.recentBytesMax * 7 / 8 or i == #entries then break end
      dropped[#dropped + 1] = entry.name
      total = total - entry.bytes
    end
  end
  for from = 1, #dropped, 1000 do
    redis.call('HDEL', recent_key, unpack(dropped, from, math.min(from + 999, #dropped)))
  end
  return total
end

local kept_bytes = keep_summaries()

-- See claim.lua.
redis.call('PEXPIRE', due_key, settings.stateTtlMs)

-- Notes that a window is delivered up to a batch. True if nothing is left to keep it for.
local function deliver_to(window, name, batches, list)
  local start, resolution = start_and_resolution(name)
  if window.batches > batches then
    if window.adds == 1 then
      window.first, window.firstBytes = math.max(window.first, batches), window.fixedBytes
      window.fixed, window.fixedBytes = 0, 0
      wake(window, math.max(now, due_at(start, resolution)))
    else
      wake(window, redeliver_at(start, resolution))
    end
    redis.call('PEXPIRE', list, settings.stateTtlMs)
    return false
  end
  local retires_at = deadline_at(start, resolution)
  if window.adds == 1 or now >= retires_at then return true end
  window.delivered, window.next = 1, retires_at
  redis.call('PEXPIRE', list, retires_at - now + settings.deliveredTtlMs)
  return false
end

local counts = { delivered = 0, expired = 0 }
local windows = load_windows(state_key, names, { unpack(held, 3, 2 + #names) })
-- A delayed copy of the claim must not take the tenant once more.
local writes, scores = { 'settledClaim', call.claim }, {}
local dropped, dropped_lists = {}, {}
for i, settled in ipairs(call.windows) do
  local name, outcome, batches, points, after_ms = unpack(settled)
  local list = KEYS[5 + i]
  local window = windows[name]
  local done = false
  if window and outcome == 'later' then
    record_progress(window, batches, points)
    -- With a delay, later than those behind it, so that they are delivered; without one it keeps its place before them. Its
    -- age counts on.
    if window.delivered == 0 then window.next = after_ms > 0 and now + after_ms or math.min(window.next, now) end
  elseif window then
    counts[outcome] = counts[outcome] + 1
    done = outcome == 'expired' or deliver_to(window, name, batches, list)
  end
  if done then
    dropped[#dropped + 1], dropped_lists[#dropped_lists + 1] = name, list
  elseif window then
    writes[#writes + 1] = name
    writes[#writes + 1] = text_of(window)
    scores[#scores + 1] = window.next
    scores[#scores + 1] = name
  end
end
if #dropped > 0 then redis.call('DEL', unpack(dropped_lists)) end
drop_windows(queue_key, state_key, dropped, windows)

local hold_until = 0
redis.call('HDEL', state_key, 'claim', 'claimUntil', 'claimWindows', 'hold', 'holdUntil')
if call.hold ~= '' then
  hold_until = now + call.holdMs
  for _, value in ipairs({ 'hold', call.hold, 'holdUntil', hold_until }) do writes[#writes + 1] = value end
end
redis.call('HSET', state_key, unpack(writes))
local touched_at = tonumber(held[2] or 0)
if #scores > 0 and redis.call('ZADD', queue_key, unpack(scores)) > 0 then touched_at = 0 end

-- Counted in the step that drops them: the answer to this call may be lost.
call.facts.windowsExpired = (call.facts.windowsExpired or 0) + counts.expired
write_facts(facts_key, call.facts, { 'recentBytes', 'recentLookAt' }, function(recent_bytes, look_at)
  -- This outlives the state, which goes with the last window.
  local noted = { settledClaim = call.claim }
  if counts.delivered > 0 then
    noted.lastDeliveryAt = now
    noted.lastPoints, noted.lastRejected = call.facts.pointsDelivered or 0, call.facts.pointsRejected or 0
  end
  if call.series ~= '' then noted.series = call.series end
  if kept_bytes then
    noted.recentBytes = (recent_bytes or 0) + kept_bytes
    -- If nothing was left at the last look, the hash is a new one, without a life as yet.
    local is_new = tonumber(recent_bytes or 0) == 0
    if is_new or noted.recentBytes > settings.recentBytesMax or now >= tonumber(look_at or 0) then
      noted.recentBytes = look_through_summaries()
      noted.recentLookAt = now + settings.recentLookMs
      redis.call('PEXPIRE', recent_key, settings.recentMs + settings.recentLookMs)
    end
  end
  return noted
end)
reschedule(due_key, queue_key, state_key, call.tenant, 0, hold_until, touched_at)
return 1
