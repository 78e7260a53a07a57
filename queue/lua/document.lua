-- SPDX-License-Identifier: Apache-2.0
-- document ID → OK document | NO_JOB
local document = redis.call('GET', spec_key(ARGV[1]))
if not document then return {'NO_JOB'} end
return {'OK', document}
