-- SPDX-License-Identifier: Apache-2.0
-- retry NONCE ID → OK state | NO_JOB | STATE state | BUSY | DUPLICATE id | FULL waiting most | NO_DEPENDENCY id
-- A failed or cancelled job begins anew, with its own dependencies: one that still stands in the way is retried first.
local nonce, id = ARGV[1], ARGV[2]
local before = answered(nonce)
if before then return before end
local job = job_fields(id, 'st', 'num', 'prio', 'unique', 'deps')
if not job.st then return {'NO_JOB'} end
if job.st ~= 'failed' and job.st ~= 'cancelled' then return {'STATE', job.st} end
if untold(id) then return {'BUSY'} end
local holder = job.unique and holder_of(job.unique)
if holder and holder ~= id then return {'DUPLICATE', holder} end
local now, most = waiting()
if now >= most then return {'FULL', now, most} end
local wishes = {}
for wish in string.gmatch(job.deps or '', '%S+') do wishes[#wishes + 1] = wish end
local edges, missed, absent = weigh(id, wishes)
if absent or missed then return {'NO_DEPENDENCY', absent or missed[2]} end

redis.call('HSET', job_key(id), 'st', 'queued')
redis.call('ZREM', INDEX[job.st], id)
redis.call('HDEL', job_key(id), 'why', 'text', 'result', 'retries', 'crash', 'infra', 'end', 'last', 'due', 'ndeps')
drop_job_names(id)
if job.unique then redis.call('SET', unique_key(job.unique), id) end
inherit(id, job.deps)
count('replayed')
event('replay', id, 'queued')
return done(nonce, #edges > 0 and make_blocked(id, job.num, edges) or make_ready(id, job.prio))
