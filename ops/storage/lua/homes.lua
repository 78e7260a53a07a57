-- SPDX-License-Identifier: Apache-2.0
-- homes [ADD] | homes '' DROP → OK [home]...: who names objects from outside, after one was added or dropped
if ARGV[1] then relieve() end
if ARGV[1] and ARGV[1] ~= '' then redis.call('SADD', P .. ':homes', ARGV[1]) end
if ARGV[2] then redis.call('SREM', P .. ':homes', ARGV[2]) end
local answer = {'OK'}
for _, home in ipairs(redis.call('SMEMBERS', P .. ':homes')) do answer[#answer + 1] = home end
return answer
