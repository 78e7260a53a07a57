-- SPDX-License-Identifier: Apache-2.0
-- identity PROPOSAL → OK identity: what tells this queue from every other one, of the same name, too, for as long as it lives
relieve()
redis.call('HSETNX', P .. ':conf', 'identity', ARGV[1])
return {'OK', redis.call('HGET', P .. ':conf', 'identity')}
