-- SPDX-License-Identifier: Apache-2.0
-- home [STORE ENVIRONMENTS] → OK store environments: what clients and daemons of this queue must agree on; whoever comes first
-- and has something to say, says it
if ARGV[1] then relieve() end -- a full Redis is served as well
for i, name in ipairs({'store', 'environments'}) do
  if (ARGV[i] or '') ~= '' then redis.call('HSETNX', P .. ':conf', name, ARGV[i]) end
end
local found = redis.call('HMGET', P .. ':conf', 'store', 'environments')
return {'OK', found[1] or '', found[2] or ''}
