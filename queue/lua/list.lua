-- SPDX-License-Identifier: Apache-2.0
-- list STATE FROM COUNT → OK [id number priority attempts submitted started ended why worker]...
-- Ended jobs newest first, the others in the order of what will happen to them.
local range = TERMINAL[ARGV[1]] and 'ZREVRANGE' or 'ZRANGE'
local first = tonumber(ARGV[2])
local reply = {'OK'}
for _, id in ipairs(redis.call(range, INDEX[ARGV[1]], int(first), int(first + tonumber(ARGV[3]) - 1))) do
  reply[#reply + 1] = id
  local names = {'num', 'prio', 'att', 'sub', 'start', 'end', 'why', TERMINAL[ARGV[1]] and 'ran' or 'own'}
  for i, value in ipairs(redis.call('HMGET', job_key(id), unpack(names))) do
    reply[#reply + 1] = value or (i <= 6 and '0' or '')
  end
end
return reply
