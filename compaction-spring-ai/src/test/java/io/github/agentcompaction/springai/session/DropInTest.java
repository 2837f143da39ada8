package io.github.agentcompaction.springai.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.SessionCompactionState;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.Session;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.compaction.CompactionTrigger;
import org.springframework.ai.session.compaction.SlidingWindowCompactionStrategy;

/** What users of {@link DefaultSessionService} rely on also holds with the decorator in place. */
class DropInTest {

    private static final CompactionTrigger ALWAYS = request -> true;

    private final SessionRepository repository =
            InMemorySessionRepository.builder().build();
    private final SessionCompactionState state =
            SessionCompactionState.builder().build();
    private final SessionService service = new CoordinatedSessionService(
            DefaultSessionService.builder()
                    .sessionRepository(repository)
                    .defaultTimeToLive(Duration.ofHours(2))
                    .build(),
            repository,
            state);

    // Sessions

    @Test
    void create_withoutId_makesOne() {
        Session session = create("ann");

        assertThat(session.id()).isNotBlank();
        assertThat(session.userId()).isEqualTo("ann");
        assertThat(service.findById(session.id())).isNotNull();
        assertThat(service.getEvents(session.id())).isEmpty();
    }

    @Test
    void create_withMetadata_keepsIt() {
        Session session = service.create(CreateSessionRequest.builder()
                .id("chosen")
                .userId("ann")
                .metadata(Map.of("channel", "web"))
                .build());

        assertThat(session.id()).isEqualTo("chosen");
        assertThat(session.metadata()).containsEntry("channel", "web");
    }

    @Test
    void create_withoutTimeToLive_hasTheServices() {
        Instant now = Instant.now();

        assertThat(create("ann").expiresAt()).isBetween(now.plusSeconds(7_195), now.plusSeconds(7_260));
    }

    @Test
    void create_withTimeToLive_hasItsOwn() {
        Session session = service.create(CreateSessionRequest.builder()
                .userId("ann")
                .timeToLive(Duration.ofMinutes(1))
                .build());

        assertThat(session.expiresAt()).isBefore(Instant.now().plusSeconds(61));
    }

    @Test
    void findByUserId_severalUsers_findsTheirs() {
        create("ann");
        create("ann");
        create("bob");

        assertThat(service.findByUserId("ann")).hasSize(2);
        assertThat(service.findByUserId("bob")).hasSize(1);
        assertThat(service.findByUserId("eve")).isEmpty();
    }

    @Test
    void delete_existing_isGoneWithItsEvents() {
        String id = withMessages(2);

        service.delete(id);

        assertThat(service.findById(id)).isNull();
        assertThat(service.getEvents(id)).isEmpty();
    }

    @Test
    void deleteExpiredSessions_someExpired_deletesThoseAndCounts() {
        Session alive = create("ann");
        Session expired = service.create(CreateSessionRequest.builder()
                .userId("bob")
                .timeToLive(Duration.ofSeconds(-1))
                .build());

        assertThat(service.deleteExpiredSessions(Instant.now())).isEqualTo(1);
        assertThat(service.deleteExpiredSessions(Instant.now())).isZero();
        assertThat(service.findById(alive.id())).isNotNull();
        assertThat(service.findById(expired.id())).isNull();
    }

    // Events

    @Test
    void appendMessage_several_areReadInOrder() {
        String id = create("ann").id();

        service.appendMessage(id, new UserMessage("question"));
        service.appendMessage(id, new AssistantMessage("answer"));
        service.appendEvent(SessionEvent.builder()
                .sessionId(id)
                .message(new UserMessage("and then?"))
                .build());

        assertThat(service.getMessages(id))
                .extracting(Message::getText)
                .containsExactly("question", "answer", "and then?");
    }

    @Test
    void appendMessage_unknownSession_throws() {
        assertThatThrownBy(() -> service.appendMessage("nobody", new UserMessage("hello")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void getEvents_filtered_areThoseOfTheFilter() {
        String id = withMessages(3);

        assertThat(texts(service.getEvents(id, EventFilter.lastN(2)))).containsExactly("m2", "m3");
    }

    // Compaction

    @Test
    void compact_window_keepsTheNewestAndArchivesTheRest() {
        String id = withMessages(5);

        CompactionResult result = compact(id, ALWAYS, 2);

        assertThat(result.eventsRemoved()).isEqualTo(3);
        assertThat(result.compactedEvents()).hasSize(2);
        assertThat(texts(service.getEvents(id, EventFilter.active()))).containsExactly("m4", "m5");
        assertThat(texts(service.getEvents(id))).containsExactly("m1", "m2", "m3", "m4", "m5");
        assertThat(service.getEvents(id)).filteredOn(SessionEvent::isArchived).hasSize(3);
    }

    @Test
    void compact_archived_isFoundByKeyword() {
        String id = create("ann").id();
        service.appendMessage(id, new UserMessage("the code is alpha-7"));
        for (int i = 0; i < 5; i++) {
            service.appendMessage(id, new UserMessage("filler"));
        }

        compact(id, ALWAYS, 2);

        assertThat(texts(service.getEvents(id, EventFilter.active()))).containsExactly("filler", "filler");
        assertThat(service.getEvents(id, EventFilter.keywordSearch("alpha-7")))
                .singleElement()
                .matches(SessionEvent::isArchived);
    }

    @Test
    void compact_triggerDoesNotFire_changesNothing() {
        String id = withMessages(5);
        long version = repository.getEventVersion(id);

        CompactionResult result = compact(id, request -> false, 2);

        assertThat(result.archivedEvents()).isEmpty();
        assertThat(texts(result.compactedEvents())).containsExactly("m1", "m2", "m3", "m4", "m5");
        assertThat(repository.getEventVersion(id)).isEqualTo(version);
    }

    @Test
    void compact_strategyArchivesNothing_writesNothing() {
        String id = withMessages(1);
        long version = repository.getEventVersion(id);
        long epoch = state.getLock(id).epoch();

        CompactionResult result = compact(id, ALWAYS, 10);

        assertThat(result.archivedEvents()).isEmpty();
        assertThat(result.tokensEstimatedSaved()).isZero();
        assertThat(texts(result.compactedEvents())).containsExactly("m1");
        assertThat(repository.getEventVersion(id)).isEqualTo(version);
        assertThat(state.getLock(id).epoch()).isEqualTo(epoch);
    }

    @Test
    void compact_twoAtOnce_oneIsApplied() throws Exception {
        String id = withMessages(5);
        CyclicBarrier start = new CyclicBarrier(2);
        ExecutorService tasks = Executors.newFixedThreadPool(2);
        try {
            List<Future<CompactionResult>> both = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                both.add(tasks.submit(() -> {
                    start.await();
                    return compact(id, ALWAYS, 2);
                }));
            }
            int removed = 0;
            for (Future<CompactionResult> each : both) {
                removed += each.get(10, TimeUnit.SECONDS).eventsRemoved();
            }

            assertThat(removed).isEqualTo(3);
            assertThat(texts(service.getEvents(id, EventFilter.active()))).containsExactly("m4", "m5");
        } finally {
            tasks.shutdownNow();
        }
    }

    @Test
    void compact_unknownSession_throws() {
        assertThatThrownBy(() -> compact("nobody", ALWAYS, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Session not found: session 'nobody' of agent 'default'");
        assertThat(state.heldCount()).isZero();
    }

    @Test
    void compact_unknownSessionWithALongIdOfManyLines_throwsOnOneLine() {
        String id = "no\nbo\u2028dy" + "x".repeat(10_000);

        assertThatThrownBy(() -> compact(id, ALWAYS, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("Session not found: ")
                .satisfies(e -> assertThat(e.getMessage())
                        .hasSizeLessThan(250)
                        .matches("\\P{Cntrl}*")
                        .doesNotContain("\u2028"));
    }

    @Test
    @SuppressWarnings("NullAway") // passes null on purpose
    void compact_badArguments_areNamed() {
        KeepNewest strategy = new KeepNewest(1);

        assertThatThrownBy(() -> service.compact(null, ALWAYS, strategy))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sessionId must not be null");
        assertThatThrownBy(() -> service.compact(" ", ALWAYS, strategy))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sessionId must not be blank");
        assertThatThrownBy(() -> service.compact("s", null, strategy))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("trigger must not be null");
        assertThatThrownBy(() -> service.compact("s", ALWAYS, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("strategy must not be null");
    }

    @Test
    @SuppressWarnings("NullAway") // passes null on purpose
    void constructor_badArguments_areNamed() {
        assertThatThrownBy(() -> new CoordinatedSessionService(null, repository, state))
                .hasMessage("delegate must not be null");
        assertThatThrownBy(() -> new CoordinatedSessionService(service, null, state))
                .hasMessage("repository must not be null");
        assertThatThrownBy(() -> new CoordinatedSessionService(service, repository, null))
                .hasMessage("state must not be null");
        assertThatThrownBy(() -> new CoordinatedSessionService(service, repository, state, null))
                .hasMessage("lockTimeout must not be null");
        assertThatThrownBy(() -> new CoordinatedSessionService(service, repository, state, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lockTimeout must be longer than zero, but was PT0S");
    }

    /** Also those methods for which the interface has a default: the decorated service may have its own. */
    @Test
    void everyOtherMethod_isTheDecoratedServices() throws Exception {
        List<Method> called = new ArrayList<>();
        SessionService recording = (SessionService) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {SessionService.class}, (proxy, method, arguments) -> {
                    called.add(method);
                    return method.getReturnType() == int.class ? 7 : null;
                });
        SessionService decorated = new CoordinatedSessionService(recording, repository, state);
        List<Method> others = Arrays.stream(SessionService.class.getMethods())
                .filter(method -> !method.getName().equals("compact"))
                .toList();

        for (Method method : others) {
            method.invoke(
                    decorated,
                    Arrays.stream(method.getParameterTypes())
                            .map(DropInTest::any)
                            .toArray());
        }

        assertThat(called).hasSize(10).isEqualTo(others);
    }

    private static @Nullable Object any(Class<?> type) {
        return type == String.class ? "s" : null;
    }

    private Session create(String user) {
        return service.create(CreateSessionRequest.builder().userId(user).build());
    }

    private String withMessages(int number) {
        String id = create("ann").id();
        for (int i = 1; i <= number; i++) {
            service.appendMessage(id, new UserMessage("m" + i));
        }
        return id;
    }

    private CompactionResult compact(String id, CompactionTrigger trigger, int keep) {
        return service.compact(
                id,
                trigger,
                SlidingWindowCompactionStrategy.builder().maxEvents(keep).build());
    }

    private static List<String> texts(List<SessionEvent> events) {
        return events.stream().map(event -> event.getMessage().getText()).toList();
    }
}
