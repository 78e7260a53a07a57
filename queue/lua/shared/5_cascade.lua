-- SPDX-License-Identifier: Apache-2.0
-- Dependencies: the set dependents:ID holds an edge `policy:ID` per job that waits.
local function satisfied(policy, state)
  return policy == 'any' or (policy == 'ok') == (state == 'succeeded')
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

-- Tells at most `budget` waiting jobs. A chain of any length is a list here, never a recursion.
local function drain(budget)
  local told = 0
  while told < budget do
    local dep = redis.call('LINDEX', P .. ':todo', 0)
    if not dep then break end
    local edges = redis.call('SPOP', dependents_key(dep), math.min(budget - told, 16))
    if #edges == 0 then
      redis.call('LPOP', P .. ':todo')
      told = told + 1
    end
    local state = redis.call('HGET', job_key(dep), 'st')
    for _, edge in ipairs(edges) do tell(edge, dep, state) end
    told = told + #edges
  end
  return told
end
