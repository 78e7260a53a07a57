-- SPDX-License-Identifier: Apache-2.0
-- remove ID → OK | NO_JOB | STATE state | BUSY. Only an ended job, and not before all who wait for it were told.
local id = ARGV[1]
relieve()
local state = redis.call('HGET', job_key(id), 'st')
if not state then return {'NO_JOB'} end
if not TERMINAL[state] then return {'STATE', state} end
if untold(id) then return {'BUSY'} end
forget(INDEX[state], id)
return {'OK'}
