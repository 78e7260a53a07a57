-- SPDX-License-Identifier: Apache-2.0
-- submit ID SPEC PRIO DELAY_MS NOT_BEFORE_MS MAXRETRIES MAXCRASH BASE_MS CAP_MS RULES UNIQUE TIME_MS [POLICY:ID...]
-- → OK number state | DUPLICATE id | FULL waiting most | NO_DEPENDENCY id
local id, prio = ARGV[1], ARGV[3]
local job, rules, unique = job_key(id), ARGV[10], ARGV[11]
local sum = redis.sha1hex(cmsgpack.pack(ARGV))

-- The same submission again is a success: its reply may have been lost.
local known = job_fields(id, 'sum', 'num', 'st')
if known.sum == sum then return {'OK', known.num, known.st} end
if known.st then return {'DUPLICATE', id} end

local holder = unique ~= '' and redis.call('GET', unique_key(unique))
if holder then return {'DUPLICATE', holder} end

local most = setting('maxq') or 1000000
local waiting = redis.call('ZCARD', P .. ':ready') + redis.call('ZCARD', P .. ':delayed')
  + redis.call('ZCARD', P .. ':blocked')
if waiting >= most then return {'FULL', waiting, most} end

local edges, seen, missed = {}, {}, nil
for i = 13, #ARGV do
  local policy, dep = string.match(ARGV[i], '^(%a+):(%S+)$')
  local state = dep ~= id and redis.call('HGET', job_key(dep), 'st')
  if not state then return {'NO_DEPENDENCY', dep} end
  if TERMINAL[state] then
    if not satisfied(policy, state) and not missed then missed = {policy, dep} end
  elseif not seen[ARGV[i]] then
    seen[ARGV[i]] = true
    edges[#edges + 1] = {dep, policy .. ':' .. id}
  end
end

-- The first write takes memory: a full Redis refuses the whole.
local number = redis.call('INCR', P .. ':number')
local due = math.max(NOW + tonumber(ARGV[4]), tonumber(ARGV[5]))
redis.call('HSET', job, 'num', number, 'sum', sum, 'prio', prio, 'sub', int(NOW), 'maxretries', ARGV[6],
  'maxcrash', ARGV[7], 'base', ARGV[8], 'cap', ARGV[9], 'time', ARGV[12])
redis.call('SET', spec_key(id), ARGV[2])
redis.call('ZADD', P .. ':numbers', number, id)
if rules ~= '' then redis.call('HSET', job, 'rules', rules) end
if unique ~= '' then redis.call('HSET', job, 'unique', unique) end
if #ARGV > 12 then redis.call('HSET', job, 'deps', table.concat(ARGV, ' ', 13)) end
if unique ~= '' then redis.call('SET', unique_key(unique), id) end
count('submitted')
event('submit', id, 'queued')

local state
if missed then
  state = miss(id, missed[1], missed[2])
elseif #edges > 0 then
  redis.call('HSET', job, 'st', 'blocked', 'ndeps', #edges, 'due', int(due))
  for _, edge in ipairs(edges) do redis.call('SADD', dependents_key(edge[1]), edge[2]) end
  redis.call('ZADD', P .. ':blocked', int(NOW), id)
  state = 'blocked'
else
  state = make_waiting(id, prio, due)
end
return {'OK', tostring(number), state}
