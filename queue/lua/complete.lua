-- SPDX-License-Identifier: Apache-2.0
-- complete ID TOKEN RESULT [KEY VERSION BYTES]... → OK state | FENCED
-- The commit: from here on the result and the names are the job's. A result that is there beats a cancellation that came
-- late.
local id, tok = ARGV[1], ARGV[2]
local _, refusal = attempt(id, tok, 'complete')
if refusal then return refusal end
leave_running(id, tok, 'complete')
redis.call('HSET', job_key(id), 'result', ARGV[3])
publish(id, tok, 4)
finish(id, 'succeeded', '')
drain(16)
return {'OK', 'succeeded'}
