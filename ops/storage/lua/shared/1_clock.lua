-- SPDX-License-Identifier: Apache-2.0
-- Milliseconds since 1970 by the server's clock: the only clock of the store.
local function clock()
  local time = redis.call('TIME')
  return math.floor((time[1] * 1000000 + time[2]) / 1000)
end
