-- SPDX-License-Identifier: Apache-2.0
-- pause 0|1 → OK. Nothing is claimed from a paused queue; what runs runs on.
relieve()
if ARGV[1] == '1' then
  redis.call('HSET', P .. ':conf', 'paused', 1)
else
  redis.call('HDEL', P .. ':conf', 'paused')
  wake('work')
end
return {'OK'}
