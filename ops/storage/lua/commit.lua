-- SPDX-License-Identifier: Apache-2.0
-- commit ATTEMPT MANIFEST → OK | OTHER | MISSING version
local attempt, manifest = ARGV[1], ARGV[2]
relieve()
local before = redis.call('GET', attempt_key(attempt))
if before then return {before == manifest and 'OK' or 'OTHER'} end
for _, version in ipairs(redis.call('SMEMBERS', staged_key(attempt))) do
  if redis.call('EXISTS', object_key(version)) == 0 then return {'MISSING', version} end
end
redis.call('SET', attempt_key(attempt), manifest)
redis.call('ZREM', P .. ':attempts', attempt)
return {'OK'}
