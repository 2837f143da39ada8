package io.github.agentcompaction.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.replicas.Ledger.Kind;
import io.github.agentcompaction.replicas.Ledger.Violation;
import io.github.agentcompaction.replicas.MessageIds.Id;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each violation is found, and what is right is none. */
class LedgerTest {

    private final Ledger ledger = new Ledger();

    @Test
    void entered_afterTheOtherHasLeft_isRight() {
        ledger.entered("a", "s", 7, 1);
        ledger.left("a", "s", 7);
        ledger.committed("s", 7, 2);
        ledger.entered("b", "s", 9, 2);
        ledger.close(session -> List.of());

        assertThat(ledger.violations()).isEmpty();
    }

    @Test
    void entered_whileAnotherIsInside_isAnOverlap() {
        ledger.entered("a", "s", 7, 1);
        ledger.entered("b", "s", 8, 1);

        assertThat(kinds()).containsExactly(Kind.OVERLAP);
    }

    @Test
    void entered_whereOneWasKilled_isRight() {
        ledger.entered("a", "s", 7, 1);
        ledger.gone("a");
        ledger.entered("b", "s", 8, 1);
        ledger.left("a", "s", 7);
        ledger.entered("c", "s", 9, 1);

        assertThat(kinds()).containsExactly(Kind.OVERLAP); // of c with b: the late leaving was not b's
    }

    @Test
    void entered_withTheFenceOfTheLast_isAViolation() {
        ledger.entered("a", "s", 7, 1);
        ledger.left("a", "s", 7);
        ledger.entered("b", "s", 7, 1);

        assertThat(kinds()).containsExactly(Kind.FENCE);
    }

    @Test
    void epochs_thatStandStillOrMoveWithoutReason_areViolations() {
        enterAndLeave("still", 1, 5);
        ledger.committed("still", 1, 6);
        enterAndLeave("still", 2, 5);
        enterAndLeave("moves", 1, 5);
        enterAndLeave("moves", 2, 6);
        enterAndLeave("back", 1, 5);
        enterAndLeave("back", 2, 4);
        enterAndLeave("unsure", 1, 5);
        ledger.unsureCommit("unsure", 1);
        enterAndLeave("unsure", 2, 6);
        enterAndLeave("not told", 1, 5);
        ledger.committed("not told", 1, -1);
        enterAndLeave("not told", 2, 5);
        ledger.close(session -> List.of());

        assertThat(ledger.violations())
                .allMatch(violation -> violation.kind() == Kind.EPOCH)
                .extracting(violation -> violation.what().replaceAll(":.*", ""))
                .containsExactly("back", "moves", "not told", "still");
    }

    private void enterAndLeave(String session, long fence, long epoch) {
        ledger.entered("a", session, fence, epoch);
        ledger.left("a", session, fence);
    }

    @Test
    void history_withSummaryAndMessages_isRight() {
        append(1, 2, 3, 4);

        assertThat(compare(summary(1, 2), id(3), id(4))).isEmpty();
    }

    @Test
    void history_whatMayBeThere_mayBeMissing() {
        append(1, 2);
        ledger.appending("s", new Id("t", 3));

        assertThat(compare(id(1), id(2))).isEmpty();
        assertThat(compare(id(1), id(2), id(3))).isEmpty();
    }

    @Test
    void history_missingMessage_isLost() {
        append(1, 2, 3);

        assertThat(compare(summary(1), id(3))).containsExactly(Kind.LOST);
    }

    @Test
    void history_messageThatIsThereTwice_isDoubled() {
        append(1, 2);

        assertThat(compare(id(1), id(2), id(2))).containsExactly(Kind.DOUBLED);
        assertThat(compare(summary(1, 1), id(2))).contains(Kind.DOUBLED);
    }

    @Test
    void history_messageBehindItsSummary_isRevived() {
        append(1, 2);

        assertThat(compare(summary(1, 2), id(2))).contains(Kind.REVIVED);
    }

    @Test
    void history_otherOrder_isAViolation() {
        append(1, 2, 3);

        assertThat(compare(summary(1), id(3), id(2))).containsExactly(Kind.ORDER);
    }

    @Test
    void history_messageOfNobody_isAViolation() {
        append(1);

        assertThat(compare(id(1), id(2))).containsExactly(Kind.UNKNOWN);
    }

    @Test
    void delivered_twice_isAViolation() {
        ledger.delivered("one");
        ledger.delivered("other");
        ledger.delivered("one");

        assertThat(kinds()).containsExactly(Kind.DELIVERED_TWICE);
    }

    @Test
    void summary_ofASummary_keepsAllIdsInTheirOrder() {
        List<Id> ids = List.of(new Id("p0.1", 1), new Id("p1.2", 1), new Id("p0.1", 2), new Id("p0.1", 4));
        String first = MessageIds.summary("p0-1", ids);

        String second = MessageIds.summary(
                "p1-1",
                MessageIds.in("Summarize.\n<earlier>\n" + first + "\n</earlier>\nUser: m:p0.1#5\n\nUser: m:p1.2#1"));

        assertThat(MessageIds.isSummary(second)).isTrue();
        assertThat(MessageIds.nameOf(second)).isEqualTo("p1-1");
        assertThat(MessageIds.in(second))
                .containsExactly(
                        new Id("p0.1", 1),
                        new Id("p0.1", 2),
                        new Id("p0.1", 4),
                        new Id("p0.1", 5),
                        new Id("p1.2", 1),
                        new Id("p1.2", 1));
    }

    private void append(int... numbers) {
        for (int number : numbers) {
            ledger.appending("s", new Id("t", number));
            ledger.appended("s", new Id("t", number));
        }
    }

    private static String id(int number) {
        return new Id("t", number).toString();
    }

    private static String summary(int... numbers) {
        return MessageIds.summary(
                "x", Arrays.stream(numbers).mapToObj(n -> new Id("t", n)).toList());
    }

    private List<Kind> compare(String... texts) {
        int before = ledger.violations().size();
        ledger.close(session -> List.of(texts));
        return kinds().subList(before, ledger.violations().size());
    }

    private List<Kind> kinds() {
        return ledger.violations().stream().map(Violation::kind).toList();
    }
}
