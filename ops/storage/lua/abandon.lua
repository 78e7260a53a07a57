-- SPDX-License-Identifier: Apache-2.0
-- abandon UPLOAD → OK: nothing of it is left.
relieve()
drop_upload(ARGV[1])
return {'OK'}
