-- SPDX-License-Identifier: Apache-2.0
-- find KEY → OK version bytes | NONE
local record = record_of(ARGV[1])
if not record or record.version == NOBODY then return {'NONE'} end
return {'OK', record.version, record.bytes}
