-- Looks at a summary and leaves it there.
-- KEYS  summary, popped
-- gives '1', text, age in microseconds; or '0'
local summary = redis.call('HMGET', KEYS[1], 'text', 'at')
if not summary[1] then return {'0'} end
local clock = redis.call('TIME')
return {'1', summary[1], string.format('%.0f', math.max(0, clock[1] * 1000000 + clock[2] - summary[2]))}
