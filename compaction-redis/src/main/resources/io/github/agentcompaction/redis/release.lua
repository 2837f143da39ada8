-- Ends a lease, and moves the epoch if the session was compacted. Once for each token, however often it comes.
-- KEYS  lease, state
-- ARGV  token, idle time in ms, fence, epoch, '1' if compacted, channel, message
-- gives '1' if the grant was still the last one, else '0'
local state = redis.call('HMGET', KEYS[2], 'fence', 'owner', 'released', 'epoch')
if state[3] == ARGV[1] then return {'1'} end
if state[1] then
    if state[2] ~= ARGV[1] then return {'0'} end
else
    local holder = redis.call('GET', KEYS[1])
    if holder and holder ~= ARGV[1] then return {'0'} end
end

local epoch = math.max(state[4] or 0, ARGV[4])
local changes = {'fence', ARGV[3], 'released', ARGV[1]}
if ARGV[5] == '1' then
    local clock = redis.call('TIME')
    epoch = epoch + 1
    changes[5], changes[6] = 'compacted', string.format('%.0f', clock[1] * 1000000 + clock[2])
end
-- First of all the write that a full Redis refuses: it leaves nothing half done.
redis.call('HSET', KEYS[2], 'epoch', string.format('%.0f', epoch), unpack(changes))
redis.call('HDEL', KEYS[2], 'owner')
redis.call('DEL', KEYS[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
-- Where the channel is not allowed there are no signals, and waiting tasks poll.
redis.pcall('PUBLISH', ARGV[6], ARGV[7])
return {'1'}
