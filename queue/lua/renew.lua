-- SPDX-License-Identifier: Apache-2.0
-- renew LEASE_MS [ID TOKEN]... → OK [OK|CANCEL|LOST]...
-- A lease that has run out is renewed all the same while nobody took the job away.
local expiry = int(NOW + tonumber(ARGV[1]))
relieve()
local reply = {'OK'}
for i = 2, #ARGV, 2 do
  local job = job_fields(ARGV[i], 'st', 'tok', 'cancel')
  local answer = 'LOST'
  if job.st == 'running' and job.tok == ARGV[i + 1] then
    redis.call('ZADD', P .. ':lease', 'XX', expiry, ARGV[i])
    answer = job.cancel and 'CANCEL' or 'OK'
  end
  reply[#reply + 1] = answer
end
return reply
