-- SPDX-License-Identifier: Apache-2.0
-- drain WORKER 0|1 → OK | NO_WORKER. The worker is told by its next claim, which gives it nothing, or beat.
if not redis.call('ZSCORE', P .. ':workers', ARGV[1]) then return {'NO_WORKER'} end
relieve()
if ARGV[2] == '1' then
  redis.call('HSET', P .. ':worker_drain', ARGV[1], 1)
else
  redis.call('HDEL', P .. ':worker_drain', ARGV[1])
end
return {'OK'}
