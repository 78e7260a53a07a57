-- SPDX-License-Identifier: Apache-2.0
-- The catalogue: one entry `KEY NUL VERSION BYTES FENCE CHANGED` per name, in the order of the keys. No key has a byte
-- below a space, so that all entries of one key stand between `KEY NUL` and `KEY 1`.
local NAMES = P .. ':names'

local function name_entry(key)
  return redis.call('ZRANGEBYLEX', NAMES, '[' .. key .. '\0', '(' .. key .. '\1', 'LIMIT', 0, 1)[1]
end

-- key, version, bytes, fence, changed
local function name_parts(entry)
  return string.match(entry, '^([^%z]*)%z(%S+) (%d+) (%d+) (%d+)$')
end

-- False where a later attempt has set the name. Without a fence: the last one wins, and the name keeps the fence it has.
local function set_name(key, version, bytes, fence)
  local old = name_entry(key)
  local held = old and tonumber((select(4, name_parts(old)))) or 0
  if fence and held > fence then return false end
  local entry = key .. '\0' .. version .. ' ' .. bytes .. ' ' .. int(fence or held) .. ' ' .. int(NOW)
  redis.call('ZADD', NAMES, 0, entry)
  if old and old ~= entry then redis.call('ZREM', NAMES, old) end
  return true
end

-- All of `job:ID/`, which are at most those of one end of an attempt.
local function drop_job_names(id)
  for _, entry in ipairs(redis.call('ZRANGEBYLEX', NAMES, '[job:' .. id .. '/', '(job:' .. id .. '0')) do
    redis.call('ZREM', NAMES, entry)
  end
end

-- The names that an attempt gives at its end: ARGV from `first` on, [KEY VERSION BYTES]... Those of the job itself are
-- from now on exactly these. Others that belong to a later attempt are left as they are, and counted.
local function publish(id, tok, first)
  local fence = tonumber(string.match(tok, '^%d+'))
  local outrun = 0
  drop_job_names(id)
  for i = first, #ARGV, 3 do
    if not set_name(ARGV[i], ARGV[i + 1], ARGV[i + 2], fence) then outrun = outrun + 1 end
  end
  if outrun > 0 then redis.call('HSET', job_key(id), 'outrun', outrun) end
end
