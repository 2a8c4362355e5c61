"""The scripts that Redis or Valkey runs: each is one atomic step over one caller's counters.

A counter over a window is a hash of amounts by slot, the leases a sorted set of exchanges by when they expire. The
clock is the server's, so that replicas whose clocks differ count in the same slots. `core.counter` says what slots are.

A connection may break when the server has heard a command and its answer is lost. So each claim has a token, which the
server keeps for a while: a claim whose answer was lost can be undone, and no correction counts twice. `epoch` names the
server's memory: a server without one has lost what it held, and grants nothing until it has been told.
"""

from typing import Final

TAKE: Final = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local lease, lease_ms = ARGV[1], tonumber(ARGV[2])
local out, fits = {}, true
local epoch = redis.call('GET', KEYS[1])
if not epoch then return {-1, now, out, ''} end
if redis.call('EXISTS', KEYS[2]) == 1 then return {-2, now, out, epoch} end

local function leaves(slot, slot_ms, window) return (slot + 1) * slot_ms + window end

for i = 1, #KEYS - 2 do
  local key, at = KEYS[i + 2], 4 + (i - 1) * 4
  local amount, limit = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local window, slot_ms = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local used, newest, wait = 0, -1, 0
  if window == 0 then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    used = redis.call('ZCARD', key)
    if used >= limit then wait = 1000 end
  else
    local raw, slots, gone = redis.call('HGETALL', key), {}, {}
    for j = 1, #raw, 2 do
      local slot, held = tonumber(raw[j]), tonumber(raw[j + 1])
      if leaves(slot, slot_ms, window) <= now then
        gone[#gone + 1] = raw[j]
      else
        used = used + held
        slots[#slots + 1] = {slot, held}
        if held > 0 and slot > newest then newest = slot end
      end
    end
    if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
    if used + amount > limit then
      wait = window
      table.sort(slots, function(a, b) return a[1] < b[1] end)
      local left = used
      for _, one in ipairs(slots) do
        left = left - one[2]
        if left + amount <= limit then wait = leaves(one[1], slot_ms, window) - now break end
      end
    end
  end
  if wait > 0 then fits = false end
  out[i] = {used, newest < 0 and 0 or leaves(newest, slot_ms, window) - now, wait}
end

if not fits then return {0, now, out, epoch} end
redis.call('SET', KEYS[2], now, 'PX', ARGV[3])
for i = 1, #KEYS - 2 do
  local key, at = KEYS[i + 2], 4 + (i - 1) * 4
  local amount, window, slot_ms = tonumber(ARGV[at]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  if window == 0 then
    redis.call('ZADD', key, now + lease_ms, lease)
    redis.call('PEXPIRE', key, lease_ms * 2)
    out[i][1] = out[i][1] + 1
  else
    local slot = math.floor(now / slot_ms)
    redis.call('HINCRBY', key, string.format('%d', slot), amount)
    redis.call('PEXPIRE', key, window + slot_ms)
    out[i][1] = out[i][1] + amount
    out[i][2] = leaves(slot, slot_ms, window) - now
  end
  out[i][3] = 0
end
return {1, now, out, epoch}
"""
"""KEYS: epoch, token, counters. ARGV: lease, its milliseconds, the token's, then amount, limit, window, slot for each.

Answers [taken, now, [[used, reset, wait], …], epoch], times in milliseconds. Taken is -1 for a server without memory,
-2 for a token that was undone.
"""

UNDO: Final = """
local at = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], '0', 'PX', ARGV[2])
if not at or at == '0' then return 0 end
for i = 1, #KEYS - 1 do
  local key, arg = KEYS[i + 1], 3 + (i - 1) * 3
  local amount, window, slot_ms = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
  if window == 0 then
    redis.call('ZREM', key, ARGV[1])
  else
    local slot = string.format('%d', math.floor(tonumber(at) / slot_ms))
    local held = tonumber(redis.call('HGET', key, slot) or '0')
    redis.call('HINCRBY', key, slot, -math.min(held, amount))
  end
end
return 1
"""
"""KEYS: token, counters. ARGV: lease, the token's milliseconds, then amount, window, slot for each.

Takes a claim back if it was taken; if it was not yet, it never will be.
"""

CORRECT: Final = """
if not redis.call('SET', KEYS[2], '1', 'PX', ARGV[1], 'NX') then return 0 end
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local delta, at, window, slot_ms = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if ARGV[6] ~= '' and redis.call('GET', KEYS[3]) ~= ARGV[6] then delta = tonumber(ARGV[7]) end
if delta > 0 then
  redis.call('HINCRBY', KEYS[1], string.format('%d', math.floor(now / slot_ms)), delta)
  redis.call('PEXPIRE', KEYS[1], window + slot_ms)
  return delta
end
local slot = string.format('%d', math.floor(at / slot_ms))
local held = tonumber(redis.call('HGET', KEYS[1], slot) or '0')
local back = math.min(held, -delta)
if back > 0 then redis.call('HINCRBY', KEYS[1], slot, -back) end
return -back
"""
"""KEYS: counter, token, epoch. ARGV: the token's milliseconds, what to add (less than 0: to give back), when it was
taken, window, slot, the epoch it was taken in, and what it came to: a memory that never had the claim counts all of it.
"""

REBUILD: Final = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
for i = 1, #KEYS - 1 do
  local key, at = KEYS[i + 1], 2 + (i - 1) * 3
  local window, slot_ms = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  redis.call('DEL', key)
  redis.call('HINCRBY', key, string.format('%d', math.floor(now / slot_ms)), ARGV[at])
  redis.call('PEXPIRE', key, window + slot_ms)
end
redis.call('SET', KEYS[1], ARGV[1])
return 1
"""
"""KEYS: epoch, counters. ARGV: the new epoch, then amount, window, slot for each. Does nothing if there is an epoch."""
