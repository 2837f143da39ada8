-- Drops a summary, and the one that its taker might still give back.
-- KEYS  summary, popped
-- gives '1' if there was one that was not taken, else '0'
local found = redis.call('DEL', KEYS[1])
redis.call('DEL', KEYS[2])
return {tostring(found)}
