-- SPDX-License-Identifier: Apache-2.0
-- versions NUMBER PLACE BYTES → OK number place [version]...: of objects, which the documents of some jobs speak of.
-- What looks like a version is one: who keeps too much harms nobody. The walk is at a place in the document of a job, 0 0
-- at its end, so that each call ends after about BYTES of documents, however long one of them is.
local MOST, VERSION, JOB, LEAST = 8388608, 71, 64, 4096
local number, place, left = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local reply, seen = {'OK', '0', '0'}, {}

-- A plain search is many times faster than a pattern.
local function look(text)
  local at = string.find(text, 'sha256-', 1, true)
  while at do
    local version = string.match(text, '^sha256%-%x+', at)
    if version and #version == VERSION and not seen[version] then
      seen[version] = true
      reply[#reply + 1] = version
    end
    at = string.find(text, 'sha256-', at + 7, true)
  end
end

while left > 0 do
  local job = redis.call('ZRANGEBYSCORE', P .. ':numbers', int(number), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if not job[1] then return reply end
  if tonumber(job[2]) ~= number then place = 0 end
  local asked = math.min(math.max(left, LEAST), MOST - place)
  local text = redis.call('GETRANGE', spec_key(job[1]), place, place + asked - 1)
  look(text)
  left = left - #text - JOB
  number = tonumber(job[2])
  if #text == asked and place + asked < MOST then
    place = place + asked - (VERSION - 1) -- one may stand across the cut
  else
    number, place = number + 1, 0
  end
end
reply[2], reply[3] = int(number), int(place)
return reply
