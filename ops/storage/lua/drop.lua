-- SPDX-License-Identifier: Apache-2.0
-- drop AGE_MS VERSION... → OK objects bytes
-- Those that nobody has touched or named meanwhile are no more.
local upto, objects, bytes = NOW - tonumber(ARGV[1]), 0, 0
relieve()
for i = 2, #ARGV do
  local touched = tonumber(redis.call('ZSCORE', P .. ':objects', ARGV[i]) or nil)
  local refs = tonumber(redis.call('HGET', object_key(ARGV[i]), 'refs') or 0)
  if touched and touched <= upto and refs <= 0 then
    objects, bytes = objects + 1, bytes + drop_object(ARGV[i])
  end
end
return {'OK', objects, int(bytes)}
