package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;

/** What holds on every repository: sixteen tasks add at once, also while the oldest part is being summarized. */
abstract class RepositoryContract {

    private static final int TASKS = 16;
    private static final int TURNS = 8;
    private static final Pattern TEXT = Pattern.compile("[qa]\\d+-\\d+");

    private final String conversation = UUID.randomUUID().toString();
    private final ConcurrentChatMemory memory = new ConcurrentChatMemory(repository());
    private final ExecutorService tasks = Executors.newFixedThreadPool(TASKS);

    abstract ChatMemoryRepository repository();

    @AfterEach
    void cleanUp() {
        tasks.shutdownNow();
        memory.clear(conversation);
    }

    @Test
    void add_bySixteenTasks_losesNothing() throws Exception {
        join(addTurns(new CountDownLatch(0), new CountDownLatch(TASKS * TURNS)));

        assertThat(texts()).hasSize(2 * TASKS * TURNS).doesNotHaveDuplicates();
        assertEveryTasksOrder(texts());
    }

    @Test
    void compact_whileSixteenTasksAdd_keepsWhatTheyAdd() throws Exception {
        for (int i = 0; i < 20; i++) {
            memory.add(conversation, turn(99, i));
        }
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch half = new CountDownLatch(TASKS * TURNS / 2);
        SummaryModel model = new SummaryModel(question -> {
            asked.countDown();
            GatedRepository.await(half); // they add while the model works
            return "summary";
        });
        List<Future<?>> adding = addTurns(asked, half);

        assertThat(ChatMemoryCompactor.builder(memory, model.client()).build().compact(conversation))
                .contains("summary");
        join(adding);

        List<Message> messages = memory.get(conversation);
        assertThat(Summaries.at(0, messages)).contains("summary");
        List<String> texts = texts();
        assertThat(texts.subList(2, 2 + 2 * 10))
                .containsExactlyElementsOf(IntStream.range(10, 20)
                        .boxed()
                        .flatMap(i -> turn(99, i).stream().map(Message::getText))
                        .toList());
        assertThat(texts).hasSize(2 + 2 * 10 + 2 * TASKS * TURNS).doesNotHaveDuplicates();
        assertEveryTasksOrder(texts);
    }

    @Test
    void compact_againAndAgain_everyMessageIsSummarizedOnceOrStillThere() throws Exception {
        memory.add(conversation, turn(99, 0));
        memory.add(conversation, turn(99, 1));
        AtomicInteger summaries = new AtomicInteger();
        SummaryModel model = new SummaryModel(question -> "summary " + summaries.incrementAndGet());
        ChatMemoryCompactor compactor =
                ChatMemoryCompactor.builder(memory, model.client()).build();

        CountDownLatch added = new CountDownLatch(TASKS * TURNS);
        List<Future<?>> adding = addTurns(new CountDownLatch(0), added);
        do {
            compactor.compact(conversation);
        } while (added.getCount() > 0);
        join(adding);

        Set<String> told = new HashSet<>();
        for (String question : model.asked) {
            Matcher text = TEXT.matcher(question);
            while (text.find()) {
                assertThat(told.add(text.group())).as(text.group()).isTrue();
            }
        }
        List<String> left =
                texts().stream().filter(text -> TEXT.matcher(text).matches()).toList();
        assertThat(left).doesNotContainAnyElementsOf(told);
        assertThat(told.size() + left.size()).isEqualTo(4 + 2 * TASKS * TURNS);
        assertThat(Summaries.at(0, memory.get(conversation))).contains("summary " + summaries.get());
    }

    @Test
    void compact_anyText_isStoredAsItIs() throws Exception {
        String text = "Ünïcode \uD83D\uDE00, {braces}, 'quotes' \"and\"\nlines; -- $1 \\";
        memory.add(conversation, List.of(new UserMessage("u"), new AssistantMessage("a"), new UserMessage(text)));
        SummaryModel model = new SummaryModel(question -> text);

        ChatMemoryCompactor.builder(memory, model.client()).build().compact(conversation);

        assertThat(texts()).containsExactly(ChatMemoryCompactor.SUMMARY_REQUEST, text, text);
    }

    private List<Future<?>> addTurns(CountDownLatch start, CountDownLatch added) {
        CountDownLatch ready = new CountDownLatch(TASKS);
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < TASKS; i++) {
            int task = i;
            Callable<?> adding = () -> {
                ready.countDown();
                GatedRepository.await(ready);
                GatedRepository.await(start);
                for (int turn = 0; turn < TURNS; turn++) {
                    memory.add(conversation, turn(task, turn));
                    added.countDown();
                }
                return null;
            };
            all.add(tasks.submit(adding));
        }
        return all;
    }

    private static List<Message> turn(int task, int number) {
        return List.of(new UserMessage("q" + task + "-" + number), new AssistantMessage("a" + task + "-" + number));
    }

    private static void join(List<Future<?>> running) throws Exception {
        for (Future<?> task : running) {
            task.get();
        }
    }

    private List<String> texts() {
        return memory.get(conversation).stream().map(Message::getText).toList();
    }

    private static void assertEveryTasksOrder(List<String> texts) {
        for (int i = 0; i < TASKS; i++) {
            int task = i;
            assertThat(texts.stream().filter(text -> text.matches("[qa]" + task + "-\\d+")))
                    .containsExactlyElementsOf(IntStream.range(0, TURNS)
                            .boxed()
                            .flatMap(number -> turn(task, number).stream().map(Message::getText))
                            .collect(Collectors.toList()));
        }
    }
}
