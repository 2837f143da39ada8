package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Rule 4: ids that databases mix up. */
class IdsTest extends DatabaseTest {

    private static final List<String> ALIKE = List.of(
            "Abc",
            "abc",
            "abc ",
            " abc",
            "abc\0",
            "äbc",
            "a\u0308bc",
            "abç",
            "ABC",
            "😀",
            "😁",
            "\ud83d",
            "%61bc",
            "",
            "x".repeat(1000),
            "x".repeat(1001),
            "x".repeat(999) + "y");

    @Test
    void sessions_ofIdsThatLookAlike_areApart() throws Exception {
        JdbcAgentStore agent = store().agent("a");

        for (String id : ALIKE) {
            acquired(agent, id, "r/" + ALIKE.indexOf(id));
            get(agent.put(id, "of " + ALIKE.indexOf(id)));
        }

        for (String id : ALIKE) {
            assertThat(get(agent.inspect(id)).owner()).contains("r/" + ALIKE.indexOf(id));
            assertThat(get(agent.take(id, "t")).orElseThrow()).isEqualTo("of " + ALIKE.indexOf(id));
        }
    }

    @Test
    void agentsAndNamespaces_ofNamesThatLookAlike_areApart() throws Exception {
        for (String name : ALIKE) {
            acquired(store().agent(name), "s", "r/agent" + ALIKE.indexOf(name));
            if (!name.isBlank()) {
                acquired(store(pool, manager, b -> b.namespace(name)).agent("x".repeat(1000)), "s", "r/namespace");
            }
        }
    }

    /** Both are long, and differ where the column ends. */
    @Test
    void longAgents_ofALongNamespace_areApart() throws Exception {
        JdbcStore store = store(pool, manager, b -> b.namespace("n".repeat(1000)));

        acquired(store.agent("x".repeat(1000) + "1"), "s", "r/1");
        acquired(store.agent("x".repeat(1000) + "2"), "s", "r/2");
    }

    @Test
    void exclusively_ofSuchIds_works() {
        JdbcStore store = store();

        for (String id : ALIKE) {
            assertThat(store.<String>exclusively(id, () -> id)).isEqualTo(id);
        }

        assertThat(jdbc.queryForObject(
                        "SELECT COUNT(*) FROM " + prefix + "session WHERE agent = '%history'", Integer.class))
                .isEqualTo(ALIKE.size());
    }
}
