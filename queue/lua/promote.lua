-- SPDX-License-Identifier: Apache-2.0
-- promote [KEY VERSION BYTES]... → OK. The first write takes memory: a full Redis refuses the whole.
for i = 1, #ARGV, 3 do set_name(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return {'OK'}
