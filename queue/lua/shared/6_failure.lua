-- SPDX-License-Identifier: Apache-2.0
-- What becomes of an attempt that did not succeed.

-- Exponential, between half and the whole: the token's nonce is the dice.
local function backoff(tok, times, base, cap)
  local delay = math.min(cap, base * 2 ^ math.min(times - 1, 40))
  local dice = tonumber(string.sub(string.match(tok, '%-(%x+)$'), 1, 6), 16) / 16777215
  return math.floor(delay * (1 + dice) / 2)
end

-- `exit` covers `exit:75`, `limit` covers `limit:memory`.
local function rule_says_retry(rules, why)
  for rule in string.gmatch(rules or '', '[^,]+') do
    if why == rule or string.sub(why, 1, #rule + 1) == rule .. ':' then return true end
  end
  return false
end

local function retry_later(id, job, times)
  local delay = backoff(job.tok, times, tonumber(job.base), tonumber(job.cap))
  return make_delayed(id, NOW + math.max(delay, 1))
end

-- One attempt more, as far as its counter reaches: nil beyond.
local function try_again(id, job, counter, most, why, text)
  local times = tonumber(job[counter] or 0) + 1
  if times > most then return nil end
  redis.call('HSET', job_key(id), counter, times, 'why', why, 'text', text)
  count(counter)
  event('retry', id, 'delayed', why)
  return retry_later(id, job, times)
end

local ATTEMPT = {'st', 'tok', 'last', 'cancel', 'prio', 'score', 'crash', 'maxcrash', 'retries', 'maxretries',
  'rules', 'base', 'cap', 'infra', 'maxinfra'}

-- A worker or its host died. The first time costs the job nothing, not even its place in line.
local function lose(id, job, op)
  leave_running(id, job.tok, op)
  if job.cancel then return finish(id, 'cancelled', 'cancelled') end
  local crashes = redis.call('HINCRBY', job_key(id), 'crash', 1)
  redis.call('HSET', job_key(id), 'why', 'lost', 'text', '')
  count('lost')
  event('lost', id, 'running', 'lost')
  if crashes <= tonumber(job.maxcrash) then
    if crashes == 1 then return make_ready(id, job.prio, job.score) end
    return retry_later(id, job, crashes - 1)
  end
  local again = rule_says_retry(job.rules, 'lost') and try_again(id, job, 'retries', tonumber(job.maxretries), 'lost', '')
  return again or finish(id, 'failed', 'poison')
end

-- Whether the caller still owns the job: nil if so, else the reply that says why not.
local function not_owner(id, job, tok, op)
  if job.st == 'running' and job.tok == tok then return nil end
  if job.last == op .. ' ' .. tok then return {'OK', job.st} end
  count('fenced_' .. op)
  return {'FENCED'}
end

-- The job whose attempt an end is told of; and, where it is not the caller's any more, the reply that says so.
local function attempt(id, tok, op)
  relieve()
  local job = job_fields(id, unpack(ATTEMPT))
  return job, not_owner(id, job, tok, op)
end
