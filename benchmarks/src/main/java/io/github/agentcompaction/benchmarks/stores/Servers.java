package io.github.agentcompaction.benchmarks.stores;

import java.util.List;

/**
 * Where the locks are, in words that fit on the command line of another process.
 *
 * @param redisPort the port of the Redis on this machine; 0 if there is none
 * @param schema the schema in the PostgreSQL of the environment; empty if there is none
 */
record Servers(int redisPort, String schema) {

    boolean have(Peer peer) {
        return peer.isRedis() ? redisPort != 0 : !schema.isEmpty();
    }

    List<Peer> peers() {
        return List.of(Peer.values()).stream().filter(this::have).toList();
    }
}
