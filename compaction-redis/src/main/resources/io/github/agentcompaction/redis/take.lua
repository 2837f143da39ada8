-- Takes a summary out, and keeps it for a while for this taker, whose answer may be lost.
-- KEYS  summary, popped
-- ARGV  taker, time in ms for which it is kept
-- gives '1', text; or '0'
local popped = redis.call('HMGET', KEYS[2], 'taker', 'text')
if popped[1] == ARGV[1] then return {'1', popped[2]} end
local summary = redis.call('HMGET', KEYS[1], 'text', 'at', 'write')
if not summary[1] then return {'0'} end
redis.call('HSET', KEYS[2], 'taker', ARGV[1], 'text', summary[1], 'at', summary[2], 'write', summary[3])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[1])
return {'1', summary[1]}
