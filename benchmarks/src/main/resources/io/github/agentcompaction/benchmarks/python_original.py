"""What the Python original does for get_lock, acquire and release; prints the processor time of one, in nanoseconds."""

import asyncio
import random
import time

from cachetools import TTLCache

SESSIONS = 10_000


class SessionCompactionState:
    def __init__(self):
        self.locks = TTLCache(maxsize=SESSIONS, ttl=3600)
        self.locks_mutex = asyncio.Lock()

    async def get_lock(self, session_id):
        async with self.locks_mutex:
            if session_id not in self.locks:
                self.locks[session_id] = asyncio.Lock()
            else:
                self.locks[session_id] = self.locks.pop(session_id)  # its ttl begins anew
            return self.locks[session_id]


async def main():
    state = SessionCompactionState()
    ids = [f"session-{i}" for i in range(SESSIONS)]
    for session_id in ids:
        await state.get_lock(session_id)
    random.shuffle(ids)
    times = []
    for _ in range(20):
        start = time.process_time_ns()
        for session_id in ids:
            async with await state.get_lock(session_id):
                pass
        times.append((time.process_time_ns() - start) / SESSIONS)
    print(sorted(times)[(len(times) - 1) // 4])


asyncio.run(main())
