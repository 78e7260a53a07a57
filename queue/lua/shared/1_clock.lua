-- SPDX-License-Identifier: Apache-2.0
-- Microseconds since 1970 by the server's clock: the only clock of the queue.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
