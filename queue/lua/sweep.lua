-- SPDX-License-Identifier: Apache-2.0
-- sweep CURSOR BUDGET → OK next_cursor repaired
-- No transition breaks the rule of one index per job. Evictions and people with a Redis prompt do; this mends it.
local found = redis.call('ZSCAN', P .. ':numbers', ARGV[1], 'COUNT', ARGV[2])
relieve()
local repaired = 0

local function place(id, job)
  if job.st == 'queued' then return job.score end
  if job.st == 'delayed' then return job.due end
  if job.st == 'running' or job.st == 'blocked' then return int(NOW) end
  return job['end']
end

local function mend(id)
  local job = job_fields(id, 'st', 'score', 'due', 'end', 'prio')
  local right = job.st and INDEX[job.st]
  local broken = not right
  for _, index in pairs(INDEX) do
    if index ~= right and redis.call('ZREM', index, id) == 1 then broken = true end
  end
  if not right then
    forget(P .. ':numbers', id)
    if redis.call('EXISTS', dependents_key(id)) == 1 then redis.call('RPUSH', P .. ':todo', id) end
  elseif not redis.call('ZSCORE', right, id) then
    redis.call('ZADD', right, place(id, job) or int(NOW), id)
    broken = true
  end
  if broken then repaired = repaired + 1 end
end

for i = 1, #found[2], 2 do mend(found[2][i]) end
if repaired > 0 then wake('work') end
return {'OK', found[1], repaired}
