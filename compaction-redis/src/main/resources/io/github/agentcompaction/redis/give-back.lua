-- Gives a summary back that could not be delivered, unless there is a newer one.
-- KEYS  summary, popped
-- ARGV  taker, time to live in ms
-- gives '1' if it may be taken again, else '0'
local popped = redis.call('HMGET', KEYS[2], 'taker', 'text', 'at', 'write')
if popped[1] ~= ARGV[1] then return {'0'} end
redis.call('DEL', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 1 then return {'0'} end
redis.call('HSET', KEYS[1], 'text', popped[2], 'at', popped[3], 'write', popped[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'1'}
