-- Stores a summary in the place of the one before. Once for each write, also if it was taken since.
-- KEYS  summary, popped
-- ARGV  name of this write, time to live in ms, text
-- gives '1'
if redis.call('HGET', KEYS[1], 'write') == ARGV[1] or redis.call('HGET', KEYS[2], 'write') == ARGV[1] then
    return {'1'}
end
local clock = redis.call('TIME')
local now = string.format('%.0f', clock[1] * 1000000 + clock[2])
redis.call('HSET', KEYS[1], 'write', ARGV[1], 'at', now, 'text', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'1'}
