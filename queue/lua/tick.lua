-- SPDX-License-Identifier: Apache-2.0
-- tick BUDGET LEASE_MS → OK due expired told purged
-- What time brings about. Anybody may call it, as often as he likes; each part does at most BUDGET steps.
local budget, lease_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
relieve()

local function first(index, most)
  return redis.call('ZRANGEBYSCORE', P .. index, '-inf', int(most), 'LIMIT', 0, budget)
end

-- Ticks come every second, or every third of a lease where that is shorter, and so do renewals. After a gap Redis or all
-- daemons were away, so leases ended that nobody could renew: for one lease nothing expires. A second grace must be a lease
-- away from the first, so that late ticks expire something, too.
local function in_grace()
  local last = tonumber(redis.call('GET', P .. ':ticked') or NOW)
  local grace = tonumber(redis.call('GET', P .. ':grace') or 0)
  redis.call('SET', P .. ':ticked', int(NOW))
  if NOW - last > math.min(3000, lease_ms * 2 / 3) and NOW >= grace + lease_ms then
    grace = NOW + lease_ms
    redis.call('SET', P .. ':grace', int(grace))
  end
  return NOW < grace
end

-- A record that hands have damaged ends its own job, and stops nobody who stands behind it.
local function guarded(id, move, ...)
  if pcall(move, id, ...) then return end
  redis.call('HDEL', job_key(id), 'own', 'tok')
  finish(id, 'failed', 'infra', 'its record in the queue is damaged')
end

local function ripen()
  local ids = first(':delayed', NOW)
  for _, id in ipairs(ids) do
    local job = job_fields(id, 'st', 'prio')
    redis.call('ZREM', P .. ':delayed', id)
    if job.st == 'delayed' then guarded(id, make_ready, job.prio) end
  end
  return #ids
end

local function expire()
  if in_grace() then return 0 end
  local ids = first(':lease', NOW)
  for _, id in ipairs(ids) do
    local job = job_fields(id, unpack(ATTEMPT))
    redis.call('ZREM', P .. ':lease', id)
    if job.st == 'running' then guarded(id, lose, job, 'lost') end
  end
  return #ids
end

-- Oldest first, by age and by number. Who still has to tell his dependents stays until he has.
local function retain(index, age, most)
  local ids = first(index, NOW - age)
  local beyond = math.min(redis.call('ZCARD', P .. index) - most, budget)
  if beyond > #ids then ids = redis.call('ZRANGE', P .. index, 0, beyond - 1) end
  local purged = 0
  for _, id in ipairs(ids) do
    if redis.call('EXISTS', dependents_key(id)) == 0 then
      forget(P .. index, id)
      purged = purged + 1
    end
  end
  return purged
end

local due, expired = ripen(), expire()
local told = drain(budget)
local dead_ms, dead_most = setting('dead_ms') or 2592000000, setting('dead_most') or 100000
local purged = retain(':done', setting('done_ms') or 604800000, setting('done_most') or 100000)
  + retain(':dead', dead_ms, dead_most) + retain(':cancelled', dead_ms, dead_most)
return {'OK', due, expired, told, purged}
