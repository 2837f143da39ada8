package io.github.agentcompaction.springai.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.SessionCompactionState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;

/** What a model summarizes that refuses some texts as too long. */
class SummarizeWhatFitsTest {

    private final SessionRepository repository =
            InMemorySessionRepository.builder().build();
    private final SessionService sessions = new CoordinatedSessionService(
            DefaultSessionService.builder().sessionRepository(repository).build(),
            repository,
            SessionCompactionState.builder().build());
    private final List<String> asked = new ArrayList<>();

    @BeforeEach
    void session() {
        sessions.create(CreateSessionRequest.builder().id("s").userId("ann").build());
    }

    private SessionCompactor compactor(Predicate<String> fits) {
        ChatModel model = prompt -> {
            String text = prompt.getContents();
            asked.add(text);
            if (!fits.test(text)) {
                throw new IllegalStateException("400: prompt is too long: 300 tokens > 200 maximum");
            }
            return new ChatResponse(List.of(new Generation(new AssistantMessage("summary"))));
        };
        return SessionCompactor.summarizing(sessions, ChatClient.create(model));
    }

    private void turns(int number) {
        for (int i = 1; i <= number; i++) {
            sessions.appendMessage("s", new UserMessage("u" + i + "."));
            sessions.appendMessage("s", new AssistantMessage("a" + i + "."));
        }
        sessions.appendMessage("s", new UserMessage("new"));
    }

    private List<String> active() {
        return repository.findEvents("s", EventFilter.active()).stream()
                .filter(event -> !event.isSynthetic())
                .map(event -> event.getMessage().getText())
                .toList();
    }

    @Test
    void moreThanTenEvents_theNewestTenStay() {
        turns(8);

        assertThat(compactor(text -> true).compact("s")).contains("summary");

        assertThat(active()).startsWith("u5.").endsWith("new").hasSize(9);
    }

    @Test
    void tenEventsOrFewer_theNewestStays() {
        turns(4);

        assertThat(compactor(text -> true).compact("s")).contains("summary");

        assertThat(active()).containsExactly("new");
    }

    @Test
    void allButTheNewestDoNotFit_fewerAreSummarized() {
        turns(4);

        assertThat(compactor(text -> !text.contains("u3.")).compact("s")).contains("summary");

        assertThat(active()).startsWith("u3.").endsWith("new");
        assertThat(asked).hasSize(2);
    }

    @Test
    void oneMessageDoesNotFit_onlyThatIsLeftOutWithoutASummary() {
        turns(4);

        assertThat(compactor(text -> !text.contains("u1.")).compact("s")).contains(SessionCompactor.WITHOUT_SUMMARY);

        assertThat(active()).startsWith("u2.").endsWith("a4.", "new");
    }

    @Test
    void anotherError_isPassedOn() {
        turns(4);
        SessionCompactor failing = SessionCompactor.summarizing(sessions, ChatClient.create(prompt -> {
            throw new IllegalStateException("no model");
        }));

        assertThatThrownBy(() -> failing.compact("s")).hasMessageContaining("no model");

        assertThat(active()).hasSize(9);
    }

    @Test
    void oneEvent_isNothingToCompact() {
        turns(0);

        assertThat(compactor(text -> true).compact("s")).isEmpty();

        assertThat(asked).isEmpty();
    }
}
