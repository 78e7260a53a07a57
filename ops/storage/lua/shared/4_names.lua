-- SPDX-License-Identifier: Apache-2.0
-- Names: `names` has `VERSION BYTES FENCE CHANGED_S` for each key, VERSION `-` for one that was removed and whose fence
-- outlives it; `keys` has those that are there, in the order of their bytes.
local NOBODY = '-'

local function record_of(key)
  local text = redis.call('HGET', P .. ':names', key)
  if not text then return nil end
  local version, bytes, fence, changed = string.match(text, '^(%S+) (%d+) (%d+) (%d+)$')
  return {version = version, bytes = bytes, fence = fence, changed = changed}
end

local function set_name(key, version, bytes, fence, before)
  if before and before.version ~= NOBODY then refer(before.version, -1) end
  if version ~= NOBODY then refer(version, 1) end
  redis.call('HSET', P .. ':names', key, table.concat({version, bytes, fence, int(math.floor(NOW / 1000))}, ' '))
  if version == NOBODY then
    redis.call('ZREM', P .. ':keys', key)
  else
    redis.call('ZADD', P .. ':keys', 0, key)
  end
end
