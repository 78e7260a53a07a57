-- SPDX-License-Identifier: Apache-2.0
-- turn EVERY_MS → OK | LATER: whether nobody has taken the turn to collect for so long; then the caller has taken it.
local last = tonumber(redis.call('HGET', P .. ':conf', 'collected') or nil)
relieve()
if last and last <= NOW and NOW - last < tonumber(ARGV[1]) then return {'LATER'} end
redis.call('HSET', P .. ':conf', 'collected', int(NOW))
return {'OK'}
