-- Undoes an attempt whose answer was lost, and refuses it if it comes only now.
-- KEYS  lease, state
-- ARGV  token, idle time in ms, channel, message
-- gives '1'
redis.call('HSET', KEYS[2], 'abandoned', ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
if redis.call('HGET', KEYS[2], 'owner') == ARGV[1] then
    redis.call('HDEL', KEYS[2], 'owner')
end
if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('DEL', KEYS[1])
    redis.pcall('PUBLISH', ARGV[3], ARGV[4])
end
return {'1'}
