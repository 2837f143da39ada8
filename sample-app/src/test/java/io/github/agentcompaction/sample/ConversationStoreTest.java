package io.github.agentcompaction.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.OptimisticLockingFailureException;

/** The conversations in the embedded database. */
@SampleTest
class ConversationStoreTest {

    @Autowired
    private ConversationStore store;

    private final SessionKey key = new SessionKey("planner", UUID.randomUUID().toString());

    @Test
    void unknownSession_isEmpty() {
        assertThat(store.context(key)).isEmpty();
        assertThat(store.transcript(key)).isEmpty();
    }

    @Test
    void parallelAppends_allStay() throws Exception {
        List<Callable<Void>> appends = IntStream.range(0, 40)
                .<Callable<Void>>mapToObj(i -> () -> {
                    store.append(key, List.of(message("first " + i), message("second " + i)));
                    return null;
                })
                .toList();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (Future<Void> append : threads.invokeAll(appends)) {
                append.get();
            }
        } finally {
            threads.shutdown();
        }

        List<String> texts = store.context(key).stream()
                .map(message -> "" + message.getText())
                .toList();
        assertThat(texts).hasSize(80).doesNotHaveDuplicates();
        for (int i = 0; i < texts.size(); i += 2) {
            assertThat(texts.get(i + 1)).isEqualTo(texts.get(i).replace("first", "second"));
        }
    }

    @Test
    void replaceOldest_keepsWhatWasAddedMeanwhile_andArchivesTheRest() {
        store.append(key, List.of(message("1"), message("2"), message("3")));
        List<Message> oldest = store.context(key).subList(0, 2);
        store.append(key, List.of(message("4")));

        store.replaceOldest(key, oldest, new SystemMessage("1 and 2"));

        ConversationStore.Transcript transcript = store.transcript(key).orElseThrow();
        assertThat(transcript.archived()).extracting(Message::getText).containsExactly("1", "2");
        assertThat(transcript.context()).extracting(Message::getText).containsExactly("1 and 2", "3", "4");
    }

    @Test
    void replaceOldest_afterAnotherProcessDid_failsAndChangesNothing() {
        store.append(key, List.of(message("1"), message("2")));
        List<Message> oldest = store.context(key);
        store.replaceOldest(key, oldest, new SystemMessage("1 and 2"));

        assertThatThrownBy(() -> store.replaceOldest(key, oldest, new SystemMessage("again")))
                .isInstanceOf(OptimisticLockingFailureException.class);

        assertThat(store.context(key)).extracting(Message::getText).containsExactly("1 and 2");
    }

    private static Message message(String text) {
        return new UserMessage(text);
    }
}
