-- SPDX-License-Identifier: Apache-2.0
-- promote NONCE [KEY VERSION BYTES]... → OK. The first write takes memory: a full Redis refuses the whole.
local before = answered(ARGV[1])
if before then return before end
for i = 2, #ARGV, 3 do set_name(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return done(ARGV[1])
