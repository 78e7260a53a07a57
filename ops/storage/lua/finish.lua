-- SPDX-License-Identifier: Apache-2.0
-- finish UPLOAD VERSION BYTES CHUNK ATTEMPT → OK | GONE
-- The moment at which the version is there. What was there already, whole, stays, and the upload goes. ATTEMPT may be ''.
local upload, version, bytes, chunk, attempt = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
relieve()
local before = redis.call('HMGET', object_key(version), 'bytes', 'chunk', 'upload')
if before[1] and whole(before[3], tonumber(before[1]), tonumber(before[2])) then
  drop_upload(upload)
else
  local held = redis.call('HMGET', upload_key(upload), 'bytes', 'chunk')
  if not held[1] or not whole(upload, bytes, chunk) then return {'GONE'} end
  local count = chunks_of(bytes, chunk)
  for index = 0, count - 1 do redis.call('PERSIST', chunk_key(upload, index)) end
  unlink_chunks(upload, count, chunks_of(tonumber(held[1]), chunk))
  redis.call('ZREM', P .. ':uploads', upload)
  redis.call('DEL', upload_key(upload))
  used(bytes - held[1])
  if before[1] then
    unlink_chunks(before[3], 0, chunks_of(tonumber(before[1]), tonumber(before[2])))
    used(-before[1])
  end
  redis.call('HSET', object_key(version), 'bytes', int(bytes), 'chunk', int(chunk), 'upload', upload)
end
touch(version)
if attempt ~= '' and redis.call('SADD', staged_key(attempt), version) == 1 then refer(version, 1) end
if attempt ~= '' and redis.call('EXISTS', attempt_key(attempt)) == 0 then
  redis.call('ZADD', P .. ':attempts', int(NOW), attempt)
end
return {'OK'}
