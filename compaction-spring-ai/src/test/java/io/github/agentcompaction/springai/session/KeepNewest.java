package io.github.agentcompaction.springai.session;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.compaction.CompactionRequest;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.compaction.CompactionStrategy;

/** Keeps the newest events behind one summary, as a model would; counts its runs, and can do something while it runs. */
final class KeepNewest implements CompactionStrategy {

    final AtomicInteger runs = new AtomicInteger();
    volatile Meanwhile meanwhile = () -> {};

    private final int number;

    KeepNewest(int number) {
        this.number = number;
    }

    @Override
    public CompactionResult compact(CompactionRequest request) {
        int run = runs.incrementAndGet();
        try {
            meanwhile.happens();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        List<SessionEvent> said =
                request.events().stream().filter(event -> !event.isSynthetic()).toList();
        if (said.size() <= number) {
            return new CompactionResult(request.events(), List.of(), 0);
        }
        int cut = said.size() - number;
        List<SessionEvent> compacted = new ArrayList<>();
        compacted.add(SessionEvent.builder()
                .sessionId(request.session().id())
                .message(new AssistantMessage("summary " + run))
                .metadata(SessionEvent.METADATA_SYNTHETIC, true)
                .build());
        compacted.addAll(said.subList(cut, said.size()));
        return new CompactionResult(compacted, said.subList(0, cut), 100);
    }

    /** What happens while the summary is written. */
    interface Meanwhile {
        void happens() throws Exception;
    }
}
