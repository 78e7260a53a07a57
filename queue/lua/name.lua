-- SPDX-License-Identifier: Apache-2.0
-- name KEY → OK version bytes | NO_NAME
local entry = name_entry(ARGV[1])
if not entry then return {'NO_NAME'} end
local _, version, bytes = name_parts(entry)
return {'OK', version, bytes}
