-- SPDX-License-Identifier: Apache-2.0
-- reserve UPLOAD BYTES CHUNK NEW → OK | GONE | BUDGET used budget | FULL most | EVICTION policy
-- Room for BYTES of this upload in all. NEW is 0 when it must be there already: an upload that was given up stays so.
local upload, bytes, chunk = ARGV[1], tonumber(ARGV[2]), ARGV[3]
relieve()
local info = redis.call('INFO', 'memory')
local policy = string.match(info, 'maxmemory_policy:([%w-]+)')
if policy ~= 'noeviction' then return {'EVICTION', policy or ''} end
local held = tonumber(redis.call('HGET', upload_key(upload), 'bytes') or nil)
if not held and ARGV[4] == '0' then return {'GONE'} end
local more = math.max(bytes - (held or 0), 0)
local budget = tonumber(redis.call('HGET', P .. ':conf', 'budget') or 0)
local now = tonumber(redis.call('GET', P .. ':used') or 0)
if budget > 0 and more > 0 and now + more > budget then return {'BUDGET', int(now), int(budget)} end
-- Redis would refuse the chunks one by one: those that find no room are not sent.
local function memory(name) return tonumber(string.match(info, '\n' .. name .. ':(%d+)') or 0) end
local most = memory('maxmemory')
if most > 0 and more > 0 and memory('used_memory') - memory('mem_not_counted_for_evict') + more > most then
  return {'FULL', int(most)}
end
redis.call('HSET', upload_key(upload), 'bytes', int((held or 0) + more), 'chunk', chunk)
redis.call('ZADD', P .. ':uploads', int(NOW), upload)
used(more)
return {'OK'}
