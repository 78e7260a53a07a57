-- SPDX-License-Identifier: Apache-2.0
-- log ID TOKEN [STREAM BYTES]... → OK | DROPPED | FENCED. What is beyond the bound of the job's log is counted, not kept.
-- The first write takes memory: a full Redis takes no output, of which there may be much.
local id, tok, bytes = ARGV[1], ARGV[2], 0
for i = 3, #ARGV, 2 do bytes = bytes + #ARGV[i + 1] + 64 end -- what an entry costs, however short
local job = job_fields(id, 'st', 'tok', 'last', 'logged', 'att')
local refusal = not_owner(id, job, tok, 'log')
if refusal then return refusal end
if tonumber(job.logged or 0) + bytes > log_most() then
  redis.call('HINCRBY', job_key(id), 'log_dropped', bytes)
  redis.call('HINCRBY', P .. ':stats', 'dropped_bytes', bytes)
  return {'DROPPED'}
end
redis.call('HINCRBY', job_key(id), 'logged', bytes)
for i = 3, #ARGV, 2 do redis.call('XADD', log_key(id), '*', 'a', job.att, 's', ARGV[i], 't', ARGV[i + 1]) end
return {'OK'}
