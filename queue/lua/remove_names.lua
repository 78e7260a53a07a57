-- SPDX-License-Identifier: Apache-2.0
-- remove_names NONCE KEY... → OK | NO_NAME place. All or, where one has no name, none.
local before = answered(ARGV[1])
if before then return before end
local entries = {}
for i = 2, #ARGV do
  entries[i - 1] = name_entry(ARGV[i])
  if not entries[i - 1] then return {'NO_NAME', i - 2} end
end
for _, entry in ipairs(entries) do redis.call('ZREM', NAMES, entry) end
return done(ARGV[1])
