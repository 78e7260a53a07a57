-- SPDX-License-Identifier: Apache-2.0
-- lost_claim NONCE → OK state id | NONE
-- A worker died after it asked for a job and before it said which. What that claim took is lost; should it only come now,
-- it takes nothing.
local nonce = ARGV[1]
relieve()
redis.call('SET', spent_key(nonce), 1, 'PX', 600000)
local id = redis.call('HGET', P .. ':claims', nonce)
local job = id and job_fields(id, unpack(ATTEMPT))
if not id or not job.tok then return {'NONE'} end
local state = lose(id, job, 'lost')
drain(16)
return {'OK', state, id}
