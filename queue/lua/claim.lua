-- SPDX-License-Identifier: Apache-2.0
-- claim WORKER NONCE LEASE_MS MAX_TIME_MS  (0: any job)
-- → OK id token number attempt time_ms spec waited_ms signature | NONE why last_wake
local worker, nonce, lease_ms, max_time = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local function given(id, job)
  local waited = math.max(tonumber(job.start) - tonumber(job.since or job.start), 0)
  return {'OK', id, job.tok, job.num, job.att, job.time, redis.call('GET', spec_key(id)) or '', int(waited),
    job.sign or ''}
end

-- The nonce makes a repeated claim answer as the first did.
local mine = redis.call('HGET', P .. ':claims', nonce)
local held = mine and job_fields(mine, 'tok', 'num', 'att', 'time', 'since', 'start', 'sign')
if held and held.tok then return given(mine, held) end
if redis.call('EXISTS', spent_key(nonce)) == 1 then return {'NONE', 'spent', last_wake()} end
if redis.call('HEXISTS', P .. ':worker_drain', worker) == 1 then return {'NONE', 'drain', last_wake()} end

if setting('paused') == 1 then return {'NONE', 'paused', last_wake()} end
local width = setting('width')
if width and redis.call('ZCARD', P .. ':lease') >= width then return {'NONE', 'width', last_wake()} end

-- A worker with little time left looks a few places behind the head for a job that fits.
local function next_job()
  for place = 0, 15 do
    local id = redis.call('ZRANGE', P .. ':ready', place, place)[1]
    if not id then return nil, 'empty' end
    local job = job_fields(id, 'st', 'time', 'num', 'since', 'logged', 'sign')
    local time = tonumber(job.time or 0)
    if job.st ~= 'queued' then return id, 'ghost' end
    if max_time == 0 or (time > 0 and time <= max_time) then return id, nil, job end
  end
  return nil, 'time'
end

-- Ghosts, ids without a job, are what evictions and people with a Redis prompt leave. Where there are very many, the next
-- claims take the others away: the entry wakes whoever was told that there is nothing.
local id, why, job = next_job()
for _ = 1, 64 do
  if why ~= 'ghost' then break end
  redis.call('ZREM', P .. ':ready', id)
  id, why, job = next_job()
end
if not job then
  local last = last_wake()
  if why == 'ghost' then wake('work') end
  return {'NONE', why, last}
end

redis.call('ZREM', P .. ':ready', id)
local fence = math.max(NOW_US, tonumber(redis.call('GET', P .. ':fence') or 0) + 1)
redis.call('SET', P .. ':fence', int(fence))
job.tok = int(fence) .. '-' .. nonce
job.start = int(NOW)
job.att = tostring(redis.call('HINCRBY', job_key(id), 'att', 1))
redis.call('HSET', job_key(id), 'st', 'running', 'own', worker, 'tok', job.tok, 'start', job.start)
redis.call('HDEL', job_key(id), 'progress', 'told')
redis.call('ZADD', P .. ':lease', int(NOW + lease_ms), id)
redis.call('HSET', P .. ':claims', nonce, id)
event('claim', id, 'running')

-- The log of the attempts before leaves this one at least half of the room.
if job.logged and tonumber(job.logged) * 2 > log_most() then
  redis.call('UNLINK', log_key(id))
  redis.call('HDEL', job_key(id), 'logged')
end
return given(id, job)
