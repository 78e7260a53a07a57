-- SPDX-License-Identifier: Apache-2.0
-- remove NONCE ID → OK | NO_JOB | STATE state | BUSY. Only an ended job, and not before all who wait for it were told.
local nonce, id = ARGV[1], ARGV[2]
local before = answered(nonce)
if before then return before end
relieve()
local state = redis.call('HGET', job_key(id), 'st')
if not state then return {'NO_JOB'} end
if not TERMINAL[state] then return {'STATE', state} end
if untold(id) then return {'BUSY'} end
forget(INDEX[state], id)
return done(nonce)
