-- SPDX-License-Identifier: Apache-2.0
-- Objects: a manifest, its chunks, and how many names and attempts want them (`refs`).
local function chunks_of(bytes, chunk) return math.ceil(bytes / chunk) end

-- Objects that nobody wants are collected by the time at which somebody last touched them.
local function touch(version) redis.call('ZADD', P .. ':objects', int(NOW), version) end

local function used(more) redis.call('INCRBY', P .. ':used', int(more)) end

local function unlink_chunks(upload, from, upto)
  for index = from, upto - 1 do redis.call('UNLINK', chunk_key(upload, index)) end
end

-- Whether all chunks stand there in their lengths.
local function whole(upload, bytes, chunk)
  for index = 0, chunks_of(bytes, chunk) - 1 do
    local expected = math.min(chunk, bytes - index * chunk)
    if redis.call('STRLEN', chunk_key(upload, index)) ~= expected then return false end
  end
  return true
end

local function drop_upload(upload)
  local held = redis.call('HMGET', upload_key(upload), 'bytes', 'chunk')
  redis.call('ZREM', P .. ':uploads', upload)
  if not held[1] then return 0 end
  unlink_chunks(upload, 0, chunks_of(tonumber(held[1]), tonumber(held[2])))
  redis.call('DEL', upload_key(upload))
  used(-held[1])
  return tonumber(held[1])
end

local function drop_object(version)
  local held = redis.call('HMGET', object_key(version), 'bytes', 'chunk', 'upload')
  redis.call('ZREM', P .. ':objects', version)
  if not held[1] then return 0 end
  redis.call('DEL', object_key(version))
  unlink_chunks(held[3], 0, chunks_of(tonumber(held[1]), tonumber(held[2])))
  used(-held[1])
  return tonumber(held[1])
end

-- One name or attempt more or less wants it. Whoever knew the version by that name has time to get it.
local function refer(version, more)
  if redis.call('EXISTS', object_key(version)) == 0 then return end
  redis.call('HINCRBY', object_key(version), 'refs', more)
  touch(version)
end
