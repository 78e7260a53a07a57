-- SPDX-License-Identifier: Apache-2.0
-- candidates AGE_MS SKIP COUNT → OK [version or '']...
-- Objects that were not touched for so long, behind the first SKIP of them; '' for those that a name or an attempt wants.
local upto = int(NOW - tonumber(ARGV[1]))
local answer = {'OK'}
for _, version in ipairs(redis.call('ZRANGEBYSCORE', P .. ':objects', '-inf', upto, 'LIMIT', ARGV[2], ARGV[3])) do
  local refs = tonumber(redis.call('HGET', object_key(version), 'refs') or 0)
  answer[#answer + 1] = refs > 0 and '' or version
end
return answer
