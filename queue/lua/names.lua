-- SPDX-License-Identifier: Apache-2.0
-- names PREFIX AFTER COUNT → OK [key version bytes changed]..., in order, those behind AFTER ('': from the first on)
-- No UTF-8 has a byte 255: it stands behind all that begins with the prefix.
local least = ARGV[2] ~= '' and '(' .. ARGV[2] .. '\1' or '[' .. ARGV[1]
local reply = {'OK'}
for _, entry in ipairs(redis.call('ZRANGEBYLEX', NAMES, least, '(' .. ARGV[1] .. '\255', 'LIMIT', 0, ARGV[3])) do
  local key, version, bytes, _, changed = name_parts(entry)
  reply[#reply + 1] = key
  reply[#reply + 1] = version
  reply[#reply + 1] = bytes
  reply[#reply + 1] = changed
end
return reply
