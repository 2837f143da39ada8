package io.github.agentcompaction.springai.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.SessionCompactionState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.jdbc.H2JdbcSessionRepositoryDialect;
import org.springframework.ai.session.jdbc.JdbcSessionRepository;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabase;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseBuilder;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseType;

/** The decorated service over a database: one strategy, and nothing lost that was appended meanwhile. */
class OnH2Test {

    private final EmbeddedDatabase database = new EmbeddedDatabaseBuilder()
            .generateUniqueName(true)
            .setType(EmbeddedDatabaseType.H2)
            .addScript("org/springframework/ai/session/jdbc/schema-h2.sql")
            .build();
    private final SessionRepository repository = JdbcSessionRepository.builder()
            .dataSource(database)
            .dialect(new H2JdbcSessionRepositoryDialect())
            .build();
    private final SessionCompactionState state =
            SessionCompactionState.builder().build();
    private final CoordinatedSessionService service = new CoordinatedSessionService(
            DefaultSessionService.builder().sessionRepository(repository).build(), repository, state);
    private final ExecutorService tasks = Executors.newCachedThreadPool();

    @BeforeEach
    void tenMessages() {
        service.create(CreateSessionRequest.builder().id("s").userId("ann").build());
        IntStream.rangeClosed(1, 10).forEach(i -> say("m" + i));
    }

    @AfterEach
    void stop() {
        tasks.shutdownNow();
        database.shutdown();
    }

    @Test
    void compact_inParallelWithAppendsMeanwhile_isAppliedOnceAndLosesNothing() throws Exception {
        KeepNewest strategy = new KeepNewest(2);
        strategy.meanwhile = () -> {
            await().until(() -> state.waitingCount() == 7);
            List<Future<?>> appends = new ArrayList<>();
            IntStream.range(0, 16).forEach(i -> appends.add(tasks.submit(() -> say("a" + i))));
            for (Future<?> each : appends) {
                each.get(10, TimeUnit.SECONDS);
            }
        };

        List<Future<CompactionResult>> calls = IntStream.range(0, 8)
                .mapToObj(i -> tasks.submit(() -> service.compact("s", request -> true, strategy)))
                .toList();
        int archived = 0;
        for (Future<CompactionResult> call : calls) {
            archived += call.get(30, TimeUnit.SECONDS).eventsRemoved();
        }

        assertThat(strategy.runs).hasValue(1);
        assertThat(archived).isEqualTo(8);
        assertThat(texts(EventFilter.active()))
                .startsWith("summary 1", "m9", "m10")
                .hasSize(19);
        assertThat(texts(EventFilter.all()))
                .containsExactlyInAnyOrderElementsOf(Stream.of(
                                Stream.of("summary 1"),
                                IntStream.rangeClosed(1, 10).mapToObj(i -> "m" + i),
                                IntStream.range(0, 16).mapToObj(i -> "a" + i))
                        .flatMap(text -> text)
                        .toList());
    }

    private void say(String text) {
        service.appendMessage("s", new UserMessage(text));
    }

    private List<String> texts(EventFilter filter) {
        return repository.findEvents("s", filter).stream()
                .map(SessionEvent::getMessage)
                .map(message -> message.getText())
                .toList();
    }
}
