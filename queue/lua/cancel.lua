-- SPDX-License-Identifier: Apache-2.0
-- cancel ID → OK state | NO_JOB
-- A job that runs gets a flag that lasts; its keeper reads it at the next renewal, to which the entry in `wake` calls it.
local id = ARGV[1]
relieve()
local job = job_fields(id, 'st', 'deps', 'cancel')
if not job.st then return {'NO_JOB'} end
if TERMINAL[job.st] then return {'OK', job.st} end
if job.st == 'running' then
  redis.call('HSET', job_key(id), 'cancel', 1)
  wake('cancel')
  return {'OK', 'running'}
end
redis.call('ZREM', INDEX[job.st], id)
if job.st == 'blocked' then forget_edges(id, job.deps) end
finish(id, 'cancelled', 'cancelled')
drain(16)
return {'OK', 'cancelled'}
