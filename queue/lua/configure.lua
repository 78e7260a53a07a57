-- SPDX-License-Identifier: Apache-2.0
-- configure FIELD VALUE → OK. An empty value is the default again. A bound that was lifted may let somebody claim.
relieve()
if ARGV[2] == '' then
  redis.call('HDEL', P .. ':conf', ARGV[1])
else
  redis.call('HSET', P .. ':conf', ARGV[1], ARGV[2])
end
wake('work')
return {'OK'}
