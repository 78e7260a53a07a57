-- SPDX-License-Identifier: Apache-2.0
-- home → OK store environments: what clients and daemons of this queue must agree on
local found = redis.call('HMGET', P .. ':conf', 'store', 'environments')
return {'OK', found[1] or '', found[2] or ''}
