-- SPDX-License-Identifier: Apache-2.0
-- names PREFIX AFTER COUNT → OK [key version bytes changed_s]...: those behind AFTER, '' for the first ones
local prefix, after = ARGV[1], ARGV[2]
local from = after ~= '' and '(' .. after or '[' .. prefix
-- No byte of a key is 255: keys are UTF-8.
local keys = redis.call('ZRANGEBYLEX', P .. ':keys', from, '(' .. prefix .. '\255', 'LIMIT', 0, ARGV[3])
local answer = {'OK'}
for _, key in ipairs(keys) do
  local record = record_of(key)
  for _, value in ipairs({key, record.version, record.bytes, record.changed}) do answer[#answer + 1] = value end
end
return answer
