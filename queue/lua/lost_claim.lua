-- SPDX-License-Identifier: Apache-2.0
-- lost_claim NONCE → OK state id | NONE
-- A worker died after it asked for a job and before it said which. What that claim took is lost; should it only come now,
-- it takes nothing.
local nonce = ARGV[1]
relieve()
redis.call('SET', spent_key(nonce), 1, 'PX', 600000)
local id = redis.call('HGET', P .. ':claims', nonce)
if not id then return {'NONE'} end
local job = job_fields(id, unpack(ATTEMPT))
local state = lose(id, job, 'lost')
drain(16)
return {'OK', state, id}
