package io.github.agentcompaction.sample;

import io.github.agentcompaction.sample.SmallWindowModel.Turn;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How long the embedded model takes, so that one can watch. Not all answers take the same time, but the same one always
 * does.
 *
 * @param answerTime the mean for an answer; the shortest takes half of it
 * @param summaryTime the same for a summary
 */
@ConfigurationProperties("sample.embedded-model")
record ModelPace(
        @DefaultValue("0ms") Duration answerTime,
        @DefaultValue("0ms") Duration summaryTime) {

    static final ModelPace NONE = new ModelPace(Duration.ZERO, Duration.ZERO);

    void think(List<Turn> conversation) {
        Duration mean = SmallWindowModel.asksForSummary(conversation) ? summaryTime : answerTime;
        long percent = 50 + Math.floorMod(conversation.hashCode(), 101);
        try {
            Thread.sleep(mean.toMillis() * percent / 100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
