package io.github.agentcompaction.sample.model;

import io.github.agentcompaction.sample.model.SmallWindowModel.Turn;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How long the embedded model takes, so that its answers can be watched. Answers differ in how long they take, but the same
 * conversation always takes the same time.
 *
 * @param answerTime the mean for an answer; the shortest takes half of it
 * @param summaryTime the same for a summary
 */
@ConfigurationProperties("sample.embedded-model")
record ModelPace(
        @DefaultValue("0ms") Duration answerTime,
        @DefaultValue("0ms") Duration summaryTime) {

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
