-- SPDX-License-Identifier: Apache-2.0
-- lost ID TOKEN → OK state | FENCED
-- Called once the attempt's processes are dead for sure: no need to wait for the lease to end.
local id, tok = ARGV[1], ARGV[2]
local job, refusal = attempt(id, tok, 'lost')
if refusal then return refusal end
local state = lose(id, job, 'lost')
drain(16)
return {'OK', state}
