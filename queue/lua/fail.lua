-- SPDX-License-Identifier: Apache-2.0
-- fail ID TOKEN WHY TEXT RESULT INFRA(0|1) [KEY VERSION BYTES]... → OK state | FENCED
-- INFRA: not the job's fault; it has a counter and a bound of its own.
local id, tok, why, text = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local job, refusal = attempt(id, tok, 'fail')
if refusal then return refusal end

leave_running(id, tok, 'fail')
local state
if job.cancel then
  state = finish(id, 'cancelled', 'cancelled', text)
elseif ARGV[6] == '1' then
  state = try_again(id, job, 'infra', setting('maxinfra') or 20, why, text)
elseif rule_says_retry(job.rules, why) then
  state = try_again(id, job, 'retries', tonumber(job.maxretries), why, text)
end
if not state then state = finish(id, 'failed', why, text) end
publish(id, tok, 7)
if ARGV[5] ~= '' then redis.call('HSET', job_key(id), 'result', ARGV[5]) end
drain(16)
return {'OK', state}
