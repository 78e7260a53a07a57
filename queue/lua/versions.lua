-- SPDX-License-Identifier: Apache-2.0
-- versions CURSOR COUNT → OK next_cursor [version]...: of objects, which the documents of some jobs speak of.
-- What looks like a version is one: who keeps too much harms nobody.
local found = redis.call('ZSCAN', P .. ':numbers', ARGV[1], 'COUNT', ARGV[2])
local reply, seen = {'OK', found[1]}, {}
for i = 1, #found[2], 2 do
  for version in string.gmatch(redis.call('GET', spec_key(found[2][i])) or '', 'sha256%-%x+') do
    if #version == 71 and not seen[version] then
      seen[version] = true
      reply[#reply + 1] = version
    end
  end
end
return reply
