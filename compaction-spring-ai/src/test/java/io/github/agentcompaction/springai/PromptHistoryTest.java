package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.prompt.Prompt;

/** What stands in the place of the history when the call's question was asked before, word for word. */
class PromptHistoryTest {

    private final ChatMemoryRepository repository = new InMemoryChatMemoryRepository();
    private final SessionLock lock = SessionCompactionState.builder().build().getLock("s");
    private final PromptHistory history = new PromptHistory(lock, repository::findByConversationId, "s");

    @Test
    void current_sameQuestionBefore_memoryAdvisorThatStoresIt_leavesOutTheNewOne() throws Exception {
        String current = afterCompaction("u1 a1 uAgain a2 u3 a3", "uAgain", "summary:x uAgain a2 u3 a3 uAgain uOther");

        assertThat(current).isEqualTo("summary:x uAgain a2 u3 a3 uAgain");
    }

    @Test
    void current_sameQuestionBefore_memoryAdvisorThatOnlyReads_keepsAllThatIsStored() throws Exception {
        String current = afterCompaction("u1 a1 uAgain a2 u3 a3", "uAgain", "summary:x uAgain a2 u3 a3");

        assertThat(current).isEqualTo("summary:x uAgain a2 u3 a3 uAgain");
    }

    @Test
    void current_historyOfAnotherMemory_isLeftAlone() throws Exception {
        String current = afterCompaction("u1 a1 u2 a2", "u3", "");

        assertThat(current).isEqualTo("u1 a1 u2 a2 u3");
    }

    @Test
    void current_sameQuestionBefore_rewrittenAndAllMessagesCopied_replacesAllThatWasRead() throws Exception {
        String current = afterCompaction(
                "u1 a1 uAgain a2 u3 a3", "uAgain", "summary:x u3 a3 uAgain", "u1 a1 uAgain a2 u3 a3 uFound c1 r1");

        assertThat(current).isEqualTo("summary:x u3 a3 uFound c1 r1");
    }

    // Inside the tool loop, in a later round

    @Test
    void current_toolRoundIsStillThere_leavesItAsItIs() throws Exception {
        assertThat(afterCompactionInToolRound("u1 a1 uQ c1", "r1", "summary:x uQ c1 r1"))
                .isEqualTo("summary:x uQ c1 r1");
    }

    @Test
    void current_toolRoundWasSummarized_hasTheQuestionAndTheCallAllTheSame() throws Exception {
        assertThat(afterCompactionInToolRound("u1 a1 uQ c1", "r1", "summary:x")).isEqualTo("summary:x uQ c1 r1");
    }

    @Test
    void current_onlyTheQuestionWasSummarized_standsInFrontOfTheCall() throws Exception {
        assertThat(afterCompactionInToolRound("u1 a1 uQ c1 r1 c2", "r2", "summary:x c2 r2"))
                .isEqualTo("summary:x uQ c2 r2");
    }

    @Test
    void current_onlyAnEarlierRoundWasSummarized_keepsTheQuestionInItsPlace() throws Exception {
        assertThat(afterCompactionInToolRound("u1 a1 uQ c1 r1 c2", "r2", "summary:x uQ c2 r2"))
                .isEqualTo("summary:x uQ c2 r2");
    }

    @Test
    void current_anotherToolCallIsStillThere_isNotTakenForTheOwn() throws Exception {
        assertThat(afterCompactionInToolRound("u1 c1 r1 a1 uQ c2", "r2", "summary:x u1 c1 r1 a1"))
                .isEqualTo("summary:x u1 c1 r1 a1 uQ c2 r2");
    }

    @Test
    void current_anotherTasksResultCameLater_isLeftOut() throws Exception {
        assertThat(afterCompactionInToolRound("u1 a1 uQ c1", "r1", "summary:x uQ c1 r1 c9 r9"))
                .isEqualTo("summary:x uQ c1 r1");
    }

    @Test
    void current_questionFilteredOutWithoutACompaction_staysOut() {
        history.beforeMemory(new Prompt(Conversation.of("uQ")));
        history.afterMemory(new Prompt(Conversation.of("u1 a1 uQ")));
        history.beforeMemory(new Prompt(Conversation.of("r1")));
        Prompt filtered = new Prompt(Conversation.of("c1 r1"));
        history.afterMemory(filtered);

        assertThat(history.current(new ChatClientRequest(filtered, Map.of())).prompt())
                .isSameAs(filtered);
    }

    private String afterCompactionInToolRound(String read, String result, String memory) throws InterruptedException {
        history.beforeMemory(new Prompt(Conversation.of("uQ")));
        history.afterMemory(new Prompt(Conversation.of("u1 a1 uQ")));
        return afterCompaction(read, result, memory);
    }

    /** The prompt of a call that read some history, when the memory is another one. */
    private String afterCompaction(String read, String question, String memory) throws InterruptedException {
        return afterCompaction(read, question, memory, null);
    }

    /** @param copied the prompt as other advisors have made it; nothing if as it was */
    private String afterCompaction(String read, String question, String memory, @Nullable String copied)
            throws InterruptedException {
        List<Message> prompt = new ArrayList<>(Conversation.of(read));
        prompt.addAll(Conversation.of(question));
        history.beforeMemory(new Prompt(Conversation.of(question)));
        history.afterMemory(new Prompt(prompt));
        repository.saveAll("s", memory.isEmpty() ? List.of() : Conversation.of(memory));
        try (SessionLock.Lease lease = lock.acquire()) {
            lease.compacted();
        }
        List<Message> sent = copied == null ? prompt : Conversation.of(copied);
        return Conversation.inShort(history.current(new ChatClientRequest(new Prompt(sent), Map.of()))
                .prompt()
                .getInstructions());
    }
}
