-- SPDX-License-Identifier: Apache-2.0
-- remove_names KEY... → OK | NO_NAME place. All or, where one has no name, none.
local entries = {}
for i, key in ipairs(ARGV) do
  entries[i] = name_entry(key)
  if not entries[i] then return {'NO_NAME', i - 1} end
end
for _, entry in ipairs(entries) do redis.call('ZREM', NAMES, entry) end
return {'OK'}
