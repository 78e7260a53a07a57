-- SPDX-License-Identifier: Apache-2.0
-- read_log ID AFTER COUNT → OK state last_event [entry attempt stream bytes]... | NO_JOB
-- All of one moment: who follows waits behind these entries and misses neither output nor end.
local state = redis.call('HGET', job_key(ARGV[1]), 'st')
if not state then return {'NO_JOB'} end
local last = redis.call('XREVRANGE', P .. ':events', '+', '-', 'COUNT', 1)[1]
local reply = {'OK', state, last and last[1] or '0-0'}
for _, entry in ipairs(redis.call('XRANGE', log_key(ARGV[1]), '(' .. ARGV[2], '+', 'COUNT', ARGV[3])) do
  local fields = entry[2]
  reply[#reply + 1] = entry[1]
  reply[#reply + 1] = fields[2]
  reply[#reply + 1] = fields[4]
  reply[#reply + 1] = fields[6]
end
return reply
