-- SPDX-License-Identifier: Apache-2.0
-- promote FENCE NONCE NAMES → OK | LATER | NO_KEY key | NO_VERSION key version
-- NAMES is JSON: [[key, version], …], version '' to remove. FENCE has 19 digits, so that texts compare as numbers do; '':
-- none, each name keeps its own. A call that is repeated with its NONCE has been done.
local fence, done = ARGV[1], P .. ':done:' .. ARGV[2]
local names, before = cjson.decode(ARGV[3]), {}
relieve()
if redis.call('EXISTS', done) == 1 then return {'OK'} end
for i, name in ipairs(names) do
  local key, version = name[1], name[2]
  before[i] = record_of(key)
  if before[i] and fence ~= '' and before[i].fence > fence then return {'LATER'} end
  if version == '' and (not before[i] or before[i].version == NOBODY) then return {'NO_KEY', key} end
  if version ~= '' and redis.call('EXISTS', object_key(version)) == 0 then return {'NO_VERSION', key, version} end
end
for i, name in ipairs(names) do
  local key, version = name[1], name[2]
  local own = fence ~= '' and fence or (before[i] and before[i].fence or string.rep('0', 19))
  local bytes = version ~= '' and redis.call('HGET', object_key(version), 'bytes') or '0'
  set_name(key, version ~= '' and version or NOBODY, bytes, own, before[i])
end
redis.call('SET', done, '', 'PX', 600000)
return {'OK'}
