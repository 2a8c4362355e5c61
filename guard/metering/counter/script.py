"""The scripts that Redis or Valkey runs: each is one atomic step over one caller's counters.

A counter over a window is a hash of amounts by slot, the leases a sorted set of exchanges by when they expire. The
clock is the server's, so that replicas whose clocks differ count in the same slots. `core.counter` says what slots are.
"""

from typing import Final

TAKE: Final = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local lease, lease_ms = ARGV[1], tonumber(ARGV[2])
local out, fits, slots_of = {}, true, {}

local function leaves(slot, slot_ms, window) return (slot + 1) * slot_ms + window end

for i, key in ipairs(KEYS) do
  local at = 3 + (i - 1) * 4
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

if not fits then return {0, now, out} end
for i, key in ipairs(KEYS) do
  local at = 3 + (i - 1) * 4
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
return {1, now, out}
"""
"""KEYS: counters. ARGV: lease, its milliseconds, then amount, limit, window, slot for each.

Answers [taken, now, [[used, reset, wait], …]], times in milliseconds.
"""

CORRECT: Final = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local delta, at, window, slot_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
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
"""KEYS: one counter. ARGV: what to add (less than 0: to give back), when it was taken, window, slot."""
