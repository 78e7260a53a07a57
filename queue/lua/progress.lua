-- SPDX-License-Identifier: Apache-2.0
-- progress ID TOKEN TEXT → OK | DROPPED | FENCED. At most ten a second are kept.
local id, tok = ARGV[1], ARGV[2]
relieve()
local job = job_fields(id, 'st', 'tok', 'last', 'told')
local refusal = not_owner(id, job, tok, 'progress')
if refusal then return refusal end
if NOW - tonumber(job.told or 0) < 100 then
  count('dropped')
  return {'DROPPED'}
end
redis.call('HSET', job_key(id), 'progress', ARGV[3], 'told', int(NOW))
event('progress', id, 'running')
return {'OK'}
