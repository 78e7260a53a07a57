-- SPDX-License-Identifier: Apache-2.0
-- submit ID SPEC PRIO DELAY_MS NOT_BEFORE_MS MAXRETRIES MAXCRASH BASE_MS CAP_MS RULES UNIQUE TIME_MS SIGNATURE
-- [POLICY:ID...]
-- → OK number state | DUPLICATE id | FULL waiting most | NO_DEPENDENCY id
local id, prio = ARGV[1], ARGV[3]
local job, rules, unique = job_key(id), ARGV[10], ARGV[11]
-- Which key signed it is no difference: keys are changed while jobs are submitted.
local signature = table.remove(ARGV, 13)
local sum = redis.sha1hex(cmsgpack.pack(ARGV))

-- The same submission again is a success: its reply may have been lost.
local known = job_fields(id, 'sum', 'num', 'st')
if known.sum == sum then return {'OK', known.num, known.st} end
if known.st then return {'DUPLICATE', id} end

local holder = unique ~= '' and holder_of(unique)
if holder then return {'DUPLICATE', holder} end

local now, most = waiting()
if now >= most then return {'FULL', now, most} end

local wishes = {}
for i = 13, #ARGV do wishes[i - 12] = ARGV[i] end
local edges, missed, absent = weigh(id, wishes)
if absent then return {'NO_DEPENDENCY', absent} end

-- The first write takes memory: a full Redis refuses the whole.
local number = redis.call('INCR', P .. ':number')
local due = math.max(NOW + tonumber(ARGV[4]), tonumber(ARGV[5]))
redis.call('HSET', job, 'num', number, 'sum', sum, 'prio', prio, 'sub', int(NOW), 'maxretries', ARGV[6],
  'maxcrash', ARGV[7], 'base', ARGV[8], 'cap', ARGV[9], 'time', ARGV[12])
redis.call('SET', spec_key(id), ARGV[2])
redis.call('ZADD', P .. ':numbers', number, id)
if signature ~= '' then redis.call('HSET', job, 'sign', signature) end
if rules ~= '' then redis.call('HSET', job, 'rules', rules) end
if unique ~= '' then redis.call('HSET', job, 'unique', unique) end
if unique ~= '' then redis.call('SET', unique_key(unique), id) end
if #ARGV > 12 then
  local deps = table.concat(ARGV, ' ', 13)
  redis.call('HSET', job, 'deps', deps)
  inherit(id, deps)
end
count('submitted')
event('submit', id, 'queued')

local state
if missed then
  state = miss(id, missed[1], missed[2])
elseif #edges > 0 then
  redis.call('HSET', job, 'due', int(due))
  state = make_blocked(id, number, edges)
else
  state = make_waiting(id, prio, due)
end
return {'OK', tostring(number), state}
