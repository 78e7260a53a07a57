-- SPDX-License-Identifier: Apache-2.0
-- usage [BUDGET] → OK used budget: after the budget was set, if one is given. 0: none.
if ARGV[1] then
  relieve()
  redis.call('HSET', P .. ':conf', 'budget', ARGV[1])
end
return {'OK', redis.call('GET', P .. ':used') or '0', redis.call('HGET', P .. ':conf', 'budget') or '0'}
