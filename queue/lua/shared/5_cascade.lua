-- SPDX-License-Identifier: Apache-2.0
-- Dependencies: dependents:ID holds an edge `policy:ID` per job that waits, in the order in which they were submitted.
local function satisfied(policy, state)
  return policy == 'any' or (policy == 'ok') == (state == 'succeeded')
end

-- What the wished edges `policy:ID` come to: those that hold the job back, the first that cannot be satisfied any more,
-- and the first that names no other job. The same wish twice is one.
local function weigh(id, wishes)
  local edges, seen, missed = {}, {}, nil
  for _, wish in ipairs(wishes) do
    local policy, dep = string.match(wish, '^(%a+):(%S+)$')
    local state = dep ~= id and redis.call('HGET', job_key(dep), 'st')
    if not state then return nil, nil, dep end
    if TERMINAL[state] then
      if not satisfied(policy, state) and not missed then missed = {policy, dep} end
    elseif not seen[wish] then
      seen[wish] = true
      edges[#edges + 1] = {dep, policy .. ':' .. id}
    end
  end
  return edges, missed, nil
end

local function make_blocked(id, number, edges)
  redis.call('HSET', job_key(id), 'st', 'blocked', 'ndeps', #edges)
  for _, edge in ipairs(edges) do redis.call('ZADD', dependents_key(edge[1]), number, edge[2]) end
  redis.call('ZADD', P .. ':blocked', int(NOW), id)
  return 'blocked'
end

-- A job whose error handler is not needed has not failed: the handler is cancelled.
local function miss(id, policy, dep)
  return finish(id, policy == 'notok' and 'cancelled' or 'failed', 'dependency:' .. dep)
end

local function tell(edge, dep, state)
  local policy, id = string.match(edge, '^(%a+):(.+)$')
  local job = job_fields(id, 'st', 'prio', 'due', 'deps')
  if job.st ~= 'blocked' then return end
  if not satisfied(policy, state) then
    redis.call('ZREM', P .. ':blocked', id)
    forget_edges(id, job.deps)
    miss(id, policy, dep)
  elseif redis.call('HINCRBY', job_key(id), 'ndeps', -1) <= 0 then
    redis.call('ZREM', P .. ':blocked', id)
    redis.call('HDEL', job_key(id), 'ndeps')
    make_waiting(id, job.prio, tonumber(job.due))
  end
end

-- Tells at most `budget` waiting jobs. A chain of any length is a list here, never a recursion. A job that has begun anew
-- since it was put there had nobody left to tell: who waits for it now waits for its next end.
local function drain(budget)
  local told = 0
  while told < budget do
    local dep = redis.call('LINDEX', P .. ':todo', 0)
    if not dep then break end
    local state = redis.call('HGET', job_key(dep), 'st')
    local begun_anew = state and not TERMINAL[state]
    local edges = begun_anew and {} or redis.call('ZPOPMIN', dependents_key(dep), math.min(budget - told, 16))
    if #edges == 0 then
      redis.call('LPOP', P .. ':todo')
      told = told + 1
    end
    for i = 1, #edges, 2 do tell(edges[i], dep, state) end
    told = told + #edges / 2
  end
  return told
end

-- Whether somebody still has to be told of this job's end, after as much telling as one call may do.
local function untold(id)
  if redis.call('EXISTS', dependents_key(id)) == 1 then drain(64) end
  return redis.call('EXISTS', dependents_key(id)) == 1
end
