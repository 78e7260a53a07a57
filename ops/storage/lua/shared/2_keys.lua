-- SPDX-License-Identifier: Apache-2.0
-- Every key of a store begins with its hash tag, KEYS[1]: a script touches one slot only. See schemas/storage.md.
local P = KEYS[1]
local NOW = clock()

local function object_key(version) return P .. ':object:' .. version end
local function upload_key(upload) return P .. ':upload:' .. upload end
local function chunk_key(upload, index) return P .. ':chunk:' .. upload .. ':' .. index end
local function attempt_key(attempt) return P .. ':attempt:' .. attempt end
local function staged_key(attempt) return P .. ':staged:' .. attempt end

-- Lua prints 14 digits of a number, sizes and times may have more. What it calls -0, Redis takes for no number.
local function int(number) return string.format('%.0f', number + 0) end

-- A full Redis judges a script by its first write: one that can only free memory lets all that follow pass. Names and
-- manifests are small; the chunks, which are not, are written without a script and refused.
local function relieve() redis.call('HDEL', P .. ':conf', '') end
