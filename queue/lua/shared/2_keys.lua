-- SPDX-License-Identifier: Apache-2.0
-- Every key of a queue begins with its hash tag, KEYS[1]: a script touches one slot only. See schemas/queue.md.
local P = KEYS[1]
local NOW_US = clock()
local NOW = math.floor(NOW_US / 1000)

-- The one index that a job of this state is in.
local INDEX = {
  blocked = P .. ':blocked', delayed = P .. ':delayed', queued = P .. ':ready', running = P .. ':lease',
  succeeded = P .. ':done', failed = P .. ':dead', cancelled = P .. ':cancelled',
}
local TERMINAL = {succeeded = true, failed = true, cancelled = true}

local function job_key(id) return P .. ':job:' .. id end
local function spec_key(id) return P .. ':spec:' .. id end
local function dependents_key(id) return P .. ':dependents:' .. id end
local function heirs_key(id) return P .. ':heirs:' .. id end
local function log_key(id) return P .. ':log:' .. id end
local function unique_key(name) return P .. ':unique:' .. name end
local function done_key(nonce) return P .. ':done:' .. nonce end
local function spent_key(nonce) return P .. ':spent:' .. nonce end

-- Lua prints 14 digits of a number, scores and fences have up to 16.
local function int(number) return string.format('%.0f', number) end

-- A full Redis judges a script by its first write: one that can only free memory lets all that follow pass. Without
-- this every lease would be lost the moment that memory ends.
local function relieve() redis.call('HDEL', P .. ':stats', '') end

-- Fields of a job as a table by name; what is absent is nil.
local function job_fields(id, ...)
  local values = redis.call('HMGET', job_key(id), ...)
  local fields = {}
  for i, name in ipairs({...}) do fields[name] = values[i] or nil end
  return fields
end

-- Where no token tells a second call from one that is repeated because its reply was lost, a nonce does: what was answered.
local function answered(nonce)
  local answer = redis.call('GET', done_key(nonce))
  return answer and {'OK', answer}
end
local function done(nonce, answer)
  redis.call('SET', done_key(nonce), answer or '', 'PX', 600000)
  return {'OK', answer}
end

local function setting(name) return tonumber(redis.call('HGET', P .. ':conf', name) or nil) end
local function log_most() return setting('log_bytes') or 10485760 end
local function count(name) redis.call('HINCRBY', P .. ':stats', name, 1) end
