-- SPDX-License-Identifier: Apache-2.0
-- The moves between indexes. Each leaves the job in exactly one; the caller has taken it out of the one before.

-- Lower is sooner: ten bits of priority over 42 bits of order. A score that a job had already keeps its place in line.
local function make_ready(id, prio, score)
  score = score or int(prio * 4398046511104 + redis.call('INCR', P .. ':seq'))
  redis.call('HSET', job_key(id), 'st', 'queued', 'score', score, 'since', int(NOW))
  redis.call('ZADD', P .. ':ready', score, id)
  wake('work')
  return 'queued'
end

local function make_delayed(id, due)
  redis.call('HSET', job_key(id), 'st', 'delayed', 'due', int(due))
  redis.call('ZADD', P .. ':delayed', int(due), id)
  return 'delayed'
end

local function make_waiting(id, prio, due)
  if due and due > NOW then return make_delayed(id, due) end
  return make_ready(id, prio)
end

-- A job stops running. `last` lets the same call, repeated after a lost reply, be told that it was done.
local function leave_running(id, tok, op)
  local job = job_key(id)
  redis.call('ZREM', P .. ':lease', id)
  redis.call('HDEL', P .. ':claims', string.match(tok, '%-(%x+)$'))
  redis.call('HSET', job, 'last', op .. ' ' .. tok, 'ran', redis.call('HGET', job, 'own') or '')
  redis.call('HDEL', job, 'own', 'tok')
  if setting('width') then wake('work') end
end

-- The edges of a job that no longer waits.
local function forget_edges(id, deps)
  for policy, dep in string.gmatch(deps or '', '(%a+):(%S+)') do
    redis.call('ZREM', dependents_key(dep), policy .. ':' .. id)
  end
end

-- Who waits for a job may read what it gave until he has ended himself: its names stay for its heirs when it is forgotten.
local function inherit(id, deps)
  for _, dep in string.gmatch(deps or '', '(%a+):(%S+)') do redis.call('SADD', heirs_key(dep), id) end
end

local function drop_unwanted_names(id)
  if redis.call('EXISTS', job_key(id), heirs_key(id)) == 0 then drop_job_names(id) end
end

local function disinherit(id, deps)
  for _, dep in string.gmatch(deps or '', '(%a+):(%S+)') do
    if redis.call('SREM', heirs_key(dep), id) == 1 then drop_unwanted_names(dep) end
  end
end

-- The job that lives and has this key; who vanished holds nobody up.
local function holder_of(unique)
  local id = redis.call('GET', unique_key(unique))
  return id and redis.call('EXISTS', job_key(id)) == 1 and id
end

-- How many jobs wait, and how many may.
local function waiting()
  return redis.call('ZCARD', P .. ':ready') + redis.call('ZCARD', P .. ':delayed')
    + redis.call('ZCARD', P .. ':blocked'), setting('maxq') or 1000000
end

-- Nothing of an ended job is left. Never while there are jobs that have not been told of its end.
local function forget(index, id)
  redis.call('ZREM', index, id)
  redis.call('ZREM', P .. ':numbers', id)
  redis.call('UNLINK', job_key(id), spec_key(id), log_key(id))
  drop_unwanted_names(id)
end

-- The end of a job. Those who wait for it are told by drain(), a bounded number at a time.
local function finish(id, state, why, text)
  local job = job_key(id)
  local held = job_fields(id, 'unique', 'deps')
  redis.call('HDEL', job, 'cancel')
  redis.call('HSET', job, 'st', state, 'end', int(NOW), 'why', why, 'text', text or '')
  redis.call('ZADD', INDEX[state], int(NOW), id)
  if held.unique and holder_of(held.unique) == id then redis.call('DEL', unique_key(held.unique)) end
  disinherit(id, held.deps)
  count(state)
  event('end', id, state, why)
  if redis.call('EXISTS', dependents_key(id)) == 1 then redis.call('RPUSH', P .. ':todo', id) end
  return state
end
