-- SPDX-License-Identifier: Apache-2.0
-- counts → OK [name value]...
local reply = {'OK'}
local function say(name, value)
  reply[#reply + 1] = name
  reply[#reply + 1] = tostring(value)
end
for state, index in pairs(INDEX) do say(state, redis.call('ZCARD', index)) end

-- Ready jobs stand in order within a priority: the first of each has waited longest, unless it came back.
for prio = 0, 9 do
  local low, high = prio * 4398046511104, (prio + 1) * 4398046511104
  local id = redis.call('ZRANGEBYSCORE', P .. ':ready', int(low), '(' .. int(high), 'LIMIT', 0, 1)[1]
  local since = id and tonumber(redis.call('HGET', job_key(id), 'since') or nil)
  if since then say('oldest_ms_' .. prio, int(math.max(NOW - since, 0))) end
end
if redis.call('EXISTS', P .. ':conf', P .. ':number') > 0 then say('known', 1) end
say('untold', redis.call('LLEN', P .. ':todo'))
local function say_all(prefix, fields)
  for i = 1, #fields, 2 do say(prefix .. fields[i], fields[i + 1]) end
end
say_all('total_', redis.call('HGETALL', P .. ':stats'))
say_all('conf_', redis.call('HGETALL', P .. ':conf'))
return reply
