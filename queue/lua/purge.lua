-- SPDX-License-Identifier: Apache-2.0
-- purge STATE OLDER_MS BUDGET → OK removed. Ended jobs of one state, the oldest first. Who still has to tell his dependents
-- stays until he has.
relieve()
drain(tonumber(ARGV[3]))
local index = INDEX[ARGV[1]]
local ids = redis.call('ZRANGEBYSCORE', index, '-inf', int(NOW - tonumber(ARGV[2])), 'LIMIT', 0, ARGV[3])
local removed = 0
for _, id in ipairs(ids) do
  if redis.call('EXISTS', dependents_key(id)) == 0 then
    forget(index, id)
    removed = removed + 1
  end
end
return {'OK', removed}
