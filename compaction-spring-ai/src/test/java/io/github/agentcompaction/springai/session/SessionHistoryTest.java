package io.github.agentcompaction.springai.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.advisor.SessionMemoryAdvisor;

/** Reads what SessionMemoryAdvisor reads. */
class SessionHistoryTest {

    private final SessionService service = DefaultSessionService.builder()
            .sessionRepository(InMemorySessionRepository.builder().build())
            .build();

    private void say(String text, String branch) {
        service.appendEvent(SessionEvent.builder()
                .sessionId("s")
                .message(new UserMessage(text))
                .branch(branch)
                .build());
    }

    private void fill() {
        service.create(CreateSessionRequest.builder().id("s").userId("ann").build());
        say("m1", "one");
        say("m2", "two");
        say("m3", "one");
    }

    private static List<String> texts(List<Message> messages) {
        return messages.stream().map(Message::getText).toList();
    }

    @Test
    void read_compactedSession_isWhatIsActive() {
        fill();
        service.compact("s", request -> true, new KeepNewest(1));

        assertThat(texts(new SessionHistory(service).read("s"))).containsExactly("summary 1", "m3");
    }

    @Test
    void read_filter_leavesOutOtherBranches() {
        fill();

        assertThat(texts(new SessionHistory(service, EventFilter.forBranch("one")).read("s")))
                .containsExactly("m1", "m3");
    }

    @Test
    void read_filterOfTheCall_isAddedToItsOwn() {
        fill();
        SessionHistory history = new SessionHistory(service, EventFilter.forBranch("one"));

        List<Message> read =
                history.read("s", Map.of(SessionMemoryAdvisor.EVENT_FILTER_CONTEXT_KEY, EventFilter.lastN(1)));

        assertThat(texts(read)).containsExactly("m3");
    }

    @Test
    void read_noSuchSession_isEmpty() {
        assertThat(new SessionHistory(service).read("unknown")).isEmpty();
    }

    @Test
    @SuppressWarnings("NullAway") // on purpose
    void constructor_badArguments_areNamed() {
        assertThatThrownBy(() -> new SessionHistory(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("service");
        assertThatThrownBy(() -> new SessionHistory(service, null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("filter");
    }
}
