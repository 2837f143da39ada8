package io.github.agentcompaction.benchmarks.prefix;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.benchmarks.MarkdownTable;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.CompactionAdvisor;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import io.github.agentcompaction.springai.SentPrompts;
import java.util.Locale;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/**
 * Prints the share of the questions for summaries that a provider's prompt cache could serve, for both values of
 * {@code compaction.spring-ai.summary-request}, over a session that outgrows its window again and again.
 */
final class SummaryPrefix {

    static final int SMALL_WINDOW = 2_000; // the sample's
    private static final int LARGE_WINDOW = 20_000;

    private static final String SYSTEM = "You answer customers of a shop. Be brief and polite. "
            + "Say what you do not know, and name the number of the order that you speak of. ".repeat(4);

    private static final ToolCallback TOOL = FunctionToolCallback.builder("find_order", (String number) -> "on its way")
            .description("Finds out where an order is, by its number")
            .inputType(String.class)
            .build();

    private SummaryPrefix() {}

    public static void main(String[] args) {
        LoggingSystem.get(SummaryPrefix.class.getClassLoader())
                .setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.OFF);
        MarkdownTable table =
                new MarkdownTable("window", "summary-request", "summaries", "tokens of a question", "could be cached");
        for (int window : new int[] {SMALL_WINDOW, LARGE_WINDOW}) {
            for (boolean continued : new boolean[] {false, true}) {
                CachingModel model = talk(window, continued);
                table.add(
                        String.format(Locale.ROOT, "%,d", window),
                        continued ? "continue" : "transcript",
                        String.valueOf(model.summaries()),
                        String.format(Locale.ROOT, "%,d", model.tokensOfOne()),
                        String.format(Locale.ROOT, "%.1f %%", 100 * model.share()));
            }
        }
        System.out.print(table);
    }

    /** A session of as many turns as fill the window about five times. */
    static CachingModel talk(int window, boolean continued) {
        CachingModel model = new CachingModel(window);
        ConcurrentChatMemory memory = new ConcurrentChatMemory(new InMemoryChatMemoryRepository());
        SentPrompts sentPrompts = new SentPrompts();
        ChatMemoryCompactor.Builder compactor = ChatMemoryCompactor.builder(memory, ChatClient.create(model));
        if (continued) {
            compactor.continueFrom(sentPrompts);
        }
        CompactionTemplate template = CompactionTemplate.builder(
                        SessionCompactionState.builder().build(), compactor.build())
                .build();
        ChatClient client = ChatClient.builder(model)
                .defaultSystem(SYSTEM)
                .defaultTools(TOOL)
                .defaultAdvisors(
                        CompactionAdvisor.builder(template, memory)
                                .sentPrompts(sentPrompts)
                                .build(),
                        MessageChatMemoryAdvisor.builder(memory).build())
                .build();
        for (int turn = 0; turn < window / 10; turn++) {
            client.prompt("Where is order " + turn + ", which I have been waiting for since last week?")
                    .advisors(call -> call.param(ChatMemory.CONVERSATION_ID, "s"))
                    .call()
                    .content();
        }
        return model;
    }
}
