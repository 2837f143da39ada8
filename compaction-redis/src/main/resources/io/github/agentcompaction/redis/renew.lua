-- Prolongs a lease, also one that has run out, unless another holder has come in between or it was released.
-- KEYS  lease, state
-- ARGV  token, lease in ms, idle time in ms, fence, epoch
-- gives '1' if it was prolonged, else '0'
local state = redis.call('HMGET', KEYS[2], 'fence', 'owner')
if state[1] then
    -- The owner, not the lease key, which may have expired. A release takes the owner away.
    if state[2] ~= ARGV[1] then return {'0'} end
else
    -- Redis has lost its data. The first to come goes on: this holder, or another one that took the lease.
    local holder = redis.call('GET', KEYS[1])
    if holder and holder ~= ARGV[1] then return {'0'} end
    redis.call('HSET', KEYS[2], 'fence', ARGV[4], 'owner', ARGV[1])
    if ARGV[5] ~= '0' then redis.call('HSET', KEYS[2], 'epoch', ARGV[5]) end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {'1'}
