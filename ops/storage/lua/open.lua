-- SPDX-License-Identifier: Apache-2.0
-- open VERSION → OK bytes chunk upload | NONE
-- Also keeps it: who reads for long opens it again now and then.
relieve()
local held = redis.call('HMGET', object_key(ARGV[1]), 'bytes', 'chunk', 'upload')
if not held[1] then return {'NONE'} end
touch(ARGV[1])
return {'OK', held[1], held[2], held[3]}
