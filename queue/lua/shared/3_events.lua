-- SPDX-License-Identifier: Apache-2.0
-- Streams carry news, never truth: who misses an entry finds the same in the indexes.
local function event(what, id, state, why)
  redis.call('XADD', P .. ':events', 'MAXLEN', '~', 100000, '*', 'what', what, 'id', id, 'state', state,
    'why', why or '')
end

-- Whoever was told "nothing to do" waits behind the last entry that the same script saw: none of these is missed.
-- `work`: there may be something to claim; `cancel`: somebody wants a job to end that runs.
local function wake(what) redis.call('XADD', P .. ':wake', 'MAXLEN', '~', 64, '*', 'what', what) end

local function last_wake()
  local last = redis.call('XREVRANGE', P .. ':wake', '+', '-', 'COUNT', 1)[1]
  return last and last[1] or '0-0'
end
