-- SPDX-License-Identifier: Apache-2.0
-- prioritise ID PRIO → OK state | NO_JOB | STATE state. A job that is ready goes behind the others of its new priority.
local id, prio = ARGV[1], ARGV[2]
local job = job_fields(id, 'st', 'prio')
if not job.st then return {'NO_JOB'} end
if TERMINAL[job.st] then return {'STATE', job.st} end
if job.prio == prio then return {'OK', job.st} end
relieve()
redis.call('HSET', job_key(id), 'prio', prio)
redis.call('HDEL', job_key(id), 'score')
if job.st == 'queued' then
  redis.call('ZREM', P .. ':ready', id)
  make_ready(id, prio)
end
return {'OK', job.st}
