-- Takes the lease for a token, or tells for how long it is busy. Asked again by the holder: the same fence.
-- KEYS  lease, state
-- ARGV  token, lease in ms, idle time in ms
-- gives '1', fence, epoch, microseconds since the last compaction or ''; or '0', ms left, and the same
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local holder = redis.call('GET', KEYS[1])
local state = redis.call('HMGET', KEYS[2], 'fence', 'epoch', 'owner', 'released', 'abandoned', 'compacted')
local epoch = state[2] or '0'
local since = state[6] and string.format('%.0f', math.max(0, now - state[6])) or ''

-- A token that has ended comes from a connection that was thought dead: whoever sent it has given up.
local ended = state[4] == ARGV[1] or state[5] == ARGV[1]
if ended or (holder and holder ~= ARGV[1]) then
    return {'0', string.format('%.0f', redis.call('PTTL', KEYS[1])), epoch, since}
end

local fence = state[1]
if state[3] ~= ARGV[1] then
    -- The clock keeps it rising after a loss of the data, which would start a counter anew.
    fence = string.format('%.0f', math.max((fence or 0) + 1, now))
    -- And likewise the epoch.
    if not state[2] then epoch = string.format('%.0f', now) end
    redis.call('HSET', KEYS[2], 'fence', fence, 'owner', ARGV[1], 'epoch', epoch)
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {'1', fence, epoch, since}
