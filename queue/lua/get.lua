-- SPDX-License-Identifier: Apache-2.0
-- get ID → OK [field value]... | NO_JOB
local fields = redis.call('HGETALL', job_key(ARGV[1]))
if #fields == 0 then return {'NO_JOB'} end
local reply = {'OK'}
for _, field in ipairs(fields) do reply[#reply + 1] = field end
return reply
