-- SPDX-License-Identifier: Apache-2.0
-- sweep AGE_MS BUDGET → OK uploads attempts bytes
-- What was begun and not ended, and not touched for so long: uploads with their chunks; attempts, whose objects then want
-- another reason to stay.
local upto, budget = int(NOW - tonumber(ARGV[1])), ARGV[2]
relieve()
local uploads = redis.call('ZRANGEBYSCORE', P .. ':uploads', '-inf', upto, 'LIMIT', 0, budget)
local attempts = redis.call('ZRANGEBYSCORE', P .. ':attempts', '-inf', upto, 'LIMIT', 0, budget)
local bytes = 0
for _, upload in ipairs(uploads) do bytes = bytes + drop_upload(upload) end
for _, attempt in ipairs(attempts) do
  for _, version in ipairs(redis.call('SMEMBERS', staged_key(attempt))) do refer(version, -1) end
  redis.call('DEL', staged_key(attempt))
  redis.call('ZREM', P .. ':attempts', attempt)
end
return {'OK', #uploads, #attempts, int(bytes)}
