-- SPDX-License-Identifier: Apache-2.0
-- beat WORKER INFO TTL_MS → OK | DRAIN. A worker is there for TTL_MS; for a day it is remembered as silent.
local worker = ARGV[1]
relieve()
local silent = redis.call('ZRANGEBYSCORE', P .. ':workers', '-inf', int(NOW - 86400000), 'LIMIT', 0, 10)
for _, name in ipairs(silent) do
  redis.call('ZREM', P .. ':workers', name)
  redis.call('HDEL', P .. ':worker_info', name)
  redis.call('HDEL', P .. ':worker_drain', name)
end
redis.call('ZADD', P .. ':workers', int(NOW + tonumber(ARGV[3])), worker)
redis.call('HSET', P .. ':worker_info', worker, ARGV[2])
if redis.call('HEXISTS', P .. ':worker_drain', worker) == 1 then return {'DRAIN'} end
return {'OK'}
