-- SPDX-License-Identifier: Apache-2.0
-- workers FROM COUNT → OK [worker alive(0|1) draining(0|1) info]..., the one that beat last first
local reply = {'OK'}
local first = tonumber(ARGV[1])
local found = redis.call('ZREVRANGE', P .. ':workers', int(first), int(first + tonumber(ARGV[2]) - 1), 'WITHSCORES')
for i = 1, #found, 2 do
  reply[#reply + 1] = found[i]
  reply[#reply + 1] = tonumber(found[i + 1]) > NOW and 1 or 0
  reply[#reply + 1] = redis.call('HEXISTS', P .. ':worker_drain', found[i])
  reply[#reply + 1] = redis.call('HGET', P .. ':worker_info', found[i]) or ''
end
return reply
