-- SPDX-License-Identifier: Apache-2.0
-- release ID TOKEN → OK state | FENCED
-- A host drains: the attempt does not count and the job keeps its place in line.
local id, tok = ARGV[1], ARGV[2]
local job, refusal = attempt(id, tok, 'release')
if refusal then return refusal end
leave_running(id, tok, 'release')
redis.call('HINCRBY', job_key(id), 'att', -1)
event('release', id, 'running')
local state
if job.cancel then
  state = finish(id, 'cancelled', 'cancelled')
  drain(16)
else
  state = make_ready(id, job.prio, job.score)
end
return {'OK', state}
