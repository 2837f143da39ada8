-- Looks at a session. A script, because a plain read may be sent to a replica that is behind.
-- KEYS  lease, state
-- gives owner or '', fence, epoch
local state = redis.call('HMGET', KEYS[2], 'fence', 'epoch')
return {redis.call('GET', KEYS[1]) or '', state[1] or '0', state[2] or '0'}
