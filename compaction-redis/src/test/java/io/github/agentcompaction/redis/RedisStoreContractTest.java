package io.github.agentcompaction.redis;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.StoreContract;
import java.util.UUID;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a state does without a store, it does over Redis. */
class RedisStoreContractTest extends StoreContract {

    @RegisterExtension
    static final TestRedis redis = new TestRedis();

    @Override
    protected SessionCompactionState.Builder share(SessionCompactionState.Builder state) {
        RedisAgentStore agent = redis.replica().agent(UUID.randomUUID().toString());
        return state.store(agent).summaries(agent);
    }
}
