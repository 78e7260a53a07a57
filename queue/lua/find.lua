-- SPDX-License-Identifier: Apache-2.0
-- find NUMBER → OK id | NO_JOB
local id = redis.call('ZRANGEBYSCORE', P .. ':numbers', ARGV[1], ARGV[1], 'LIMIT', 0, 1)[1]
if not id then return {'NO_JOB'} end
return {'OK', id}
