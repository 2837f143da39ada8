package io.github.agentcompaction.sample.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.sample.SampleTest;
import io.github.agentcompaction.sample.model.ModelProbe;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;

/**
 * The page in a real browser, with a model that is slow enough to watch. Leaves screenshots under {@code
 * target/screenshots}. After each test nothing was asked for elsewhere, and nothing is on the browser's console.
 */
@Tag("browser")
@SampleTest
@TestPropertySource(
        properties = {"sample.embedded-model.answer-time=250ms", "sample.embedded-model.summary-time=900ms"})
class PageTest {

    private static final int SUBTASKS = 8;
    private static final String QUESTION = "Compare them all, and pick one.";

    private static final Pattern SUMMARIZED = Pattern.compile("Summarized: about [\\d,]+ → [\\d,]+ tokens\\."
            + " It cost [\\d,]+ tokens to ask, [\\d,]+ to answer, and \\d+\\.\\d s\\.");

    @Autowired
    private ModelProbe model;

    @Autowired
    @Qualifier("planner")
    private CompactionTemplate planner;

    @LocalServerPort
    private int port;

    private CountDownLatch held = new CountDownLatch(0);
    private Browser browser;

    @BeforeEach
    void launch() {
        browser = new Browser(port);
    }

    @AfterEach
    void closeQuietly() {
        held.countDown();
        model.before(asked -> {});
        try {
            browser.assertQuiet();
        } finally {
            browser.close();
        }
    }

    @Test
    void overflow_lanesShowOneCompactionAndTheOthersWait_noticeComesAfterTheAnswerAndOpens() {
        SamplePage page = browser.open(1280, 800, ColorScheme.LIGHT);
        page.screenshot("empty");
        page.fill();
        int paid = page.number("#paid-coordinated");
        int joined = page.number("#outcome-joined");
        holdSummaries();
        page.ask(QUESTION, SUBTASKS);

        assertThat(page.lanes("waiting")).hasCount(SUBTASKS - 1);
        assertThat(page.lanes("compacting")).hasCount(1);
        assertThat(page.find(".run-state").last()).hasText("7 waiting for the lock · 1 compacting");
        assertThat(page.summaryState()).hasText("Summarizing…");
        page.screenshot("lanes");
        held.countDown();
        assertThat(page.lanes("answered")).hasCount(SUBTASKS + 1);
        assertThat(page.summaryState()).hasText(SUMMARIZED);
        assertThat(page.find(".run").last().getByText("Compacted, answered")).hasCount(1);
        assertThat(page.find(".run").last().getByText("Joined, answered")).hasCount(SUBTASKS - 1);
        Locator notice = page.find(".notice");
        assertThat(notice).hasCount(1);
        assertThat(notice.locator(".notice-text")).isHidden();
        assertThat(page.find("#log > :last-child")).hasClass(Pattern.compile("notice"));
        assertThat(page.find("#log > :nth-last-child(2)")).containsText("On \"" + QUESTION);

        notice.locator("summary").click();

        assertThat(notice.locator(".notice-text")).isVisible();
        assertThat(notice.locator(".notice-text")).containsText("The user said \"Idea 1.");
        assertThat(page.find(".run-state").last()).containsText("1 summary · 7 joined");
        assertThat(page.find("#paid-coordinated")).hasText(Integer.toString(paid + 1));
        assertThat(page.find("#outcome-joined")).hasText(Integer.toString(joined + SUBTASKS - 1));
        assertThat(page.find("#wait-mean")).hasText(Pattern.compile("\\d+ ms|\\d+\\.\\d+ s"));
        page.screenshot("answer-and-notice");
    }

    /** Nobody has asked anything: the page says by itself that the session is being summarized, also after a reload. */
    @Test
    void summaryInTheBackground_isShownWhileItRuns_andTheWindowAfterwards() {
        SamplePage page = browser.open(1280, 800, ColorScheme.LIGHT);
        page.fill();
        String full = page.find("#window-value").textContent();
        holdSummaries();
        page.page().reload();
        page.awaitAnswer();
        assertThat(page.summaryState()).hasText("");
        String session = page.session();

        CompletableFuture<CompactionOutcome> summary = planner.compactInBackground(
                session, planner.state().getLock(session).epoch(), Duration.ZERO);

        assertThat(page.summaryState()).hasText("Summarizing…");
        assertThat(page.summaryState()).hasAttribute("aria-live", "polite");
        page.page().reload();
        assertThat(page.summaryState()).hasText("Summarizing…");
        page.screenshot("summarizing");
        held.countDown();
        assertThat(page.summaryState()).hasText(SUMMARIZED);
        assertThat(page.find("#window-value")).not().hasText(full);
        page.screenshot("summarized");
        assertThat(summary.join()).isEqualTo(CompactionOutcome.COMPACTED);

        page.find("#new-session").click();
        assertThat(page.summaryState()).hasText("");
    }

    @Test
    void withoutCoordination_eachTaskPays_andTheConversationIsAsBefore() {
        SamplePage page = browser.open(1280, 800, ColorScheme.LIGHT);
        page.fill();
        int paid = page.number("#paid-coordinated");
        int paidWithout = page.number("#paid-uncoordinated");
        Locator messages = page.find(".message");
        int before = messages.count();

        page.find("label.switch").click();
        page.awaitAnswer();
        holdSummaries();
        page.ask(QUESTION, SUBTASKS);
        assertThat(page.lanes("compacting")).hasCount(SUBTASKS);
        page.screenshot("without-lanes");
        held.countDown();
        assertThat(page.lanes("answered")).hasCount(SUBTASKS + 1);
        page.awaitAnswer();

        assertThat(page.find(".run-state").last()).containsText("8 summaries");
        assertThat(page.find(".notice")).hasCount(SUBTASKS);
        assertThat(page.find("#paid-uncoordinated")).hasText(Integer.toString(paidWithout + SUBTASKS));
        assertThat(page.find("#paid-coordinated")).hasText(Integer.toString(paid));
        page.screenshot("without");

        page.find("label.switch").click();
        page.awaitAnswer();
        assertThat(messages).hasCount(before);
        assertThat(page.find(".message.user").last()).containsText("Idea ");
        assertThat(page.find("#mode-note")).isHidden();
    }

    /** Its advisor knows the window. No other test compacts a session of the researcher here. */
    @Test
    void researcher_isSummarizedInTheBackground_noMessageWaits() {
        SamplePage page = browser.open(1280, 800, ColorScheme.LIGHT);
        page.find("#agent").selectOption("researcher");
        holdSummaries();

        page.fill();

        assertThat(page.summaryState()).hasText("Summarizing…");
        assertThat(page.find(".run")).hasCount(0);
        page.screenshot("background");
        held.countDown();
        assertThat(page.summaryState()).hasText(SUMMARIZED);
        assertThat(page.find("#window-bar")).not().hasClass(Pattern.compile("full"));
        assertThat(page.find("#paid-coordinated")).hasText("1");
        assertThat(page.find(".notice")).hasCount(0);
        page.ask(QUESTION, 0);
        assertThat(page.find(".notice")).hasCount(1);
    }

    @Test
    void sideBySide_panelShowsOneSummaryAgainstOneForEachTask() {
        SamplePage page = browser.open(1280, 800, ColorScheme.LIGHT);
        page.fill();
        int paid = page.number("#paid-coordinated");
        int paidWithout = page.number("#paid-uncoordinated");
        int compacted = page.number("#outcome-compacted");
        int joined = page.number("#outcome-joined");
        page.find("label.switch").click();
        page.awaitAnswer();
        holdSummaries();
        page.ask(QUESTION, SUBTASKS);
        assertThat(page.lanes("compacting")).hasCount(SUBTASKS);
        held.countDown();
        page.awaitAnswer();
        page.find("label.switch").click();
        page.awaitAnswer();
        holdSummaries();
        page.ask(QUESTION, SUBTASKS);
        assertThat(page.lanes("waiting")).hasCount(SUBTASKS - 1);
        held.countDown();
        page.awaitAnswer();
        page.find(".notice summary").click();

        assertThat(page.find("#paid-coordinated")).hasText(Integer.toString(paid + 1));
        assertThat(page.find("#paid-uncoordinated")).hasText(Integer.toString(paidWithout + SUBTASKS));
        assertThat(page.find("#outcome-compacted")).hasText(Integer.toString(compacted + 1));
        assertThat(page.find("#outcome-joined")).hasText(Integer.toString(joined + SUBTASKS - 1));
        assertThat(page.find(".notice-text")).isInViewport();
        page.screenshot("side-by-side");
    }

    @Test
    void phone_nothingIsCutOff() {
        SamplePage page = browser.open(360, 740, ColorScheme.LIGHT);
        page.assertNothingIsCutOff();
        page.screenshot("phone-empty");
        page.fill();
        holdSummaries();
        page.ask(QUESTION, SUBTASKS);
        assertThat(page.lanes("waiting")).hasCount(SUBTASKS - 1);
        page.assertNothingIsCutOff();
        page.screenshot("phone-lanes");
        held.countDown();
        page.awaitAnswer();
        page.find(".notice summary").click();
        assertThat(page.find(".notice-text")).isVisible();
        page.assertNothingIsCutOff();
        page.screenshot("phone");
        page.find(".source").scrollIntoViewIfNeeded();
        assertThat(page.find("#outcomes")).isVisible();
        page.screenshot("phone-measured");
    }

    @Test
    void dark_textStandsOut() {
        SamplePage page = browser.open(1280, 800, ColorScheme.DARK);
        page.fill();
        page.ask(QUESTION, 32);
        page.awaitAnswer();
        page.screenshot("dark");

        assertThat(page.contrast("body", "body")).isGreaterThan(10);
        assertThat(page.contrast(".card dt", ".card")).isGreaterThan(4.5);
        assertThat(page.contrast(".notice summary", ".notice")).isGreaterThan(4.5);
        assertThat(page.contrast("#send", "#send")).isGreaterThan(4.5);
        assertThat(page.contrast(".message.user .said", ".message.user")).isGreaterThan(4.5);
    }

    @Test
    void light_textStandsOut() {
        SamplePage page = browser.open(1280, 800, ColorScheme.LIGHT);

        assertThat(page.contrast("body", "body")).isGreaterThan(10);
        assertThat(page.contrast(".card dt", ".card")).isGreaterThan(4.5);
        assertThat(page.contrast("#window-label", "body")).isGreaterThan(4.5);
        assertThat(page.contrast("#summary-state", "body")).isGreaterThan(4.5);
        assertThat(page.contrast("#send", "#send")).isGreaterThan(4.5);
    }

    @Test
    void keyboardOnly_everythingCanBeDone() {
        SamplePage page = browser.open(1280, 800, ColorScheme.LIGHT);
        Page keys = page.page();
        Locator message = keys.getByLabel("Message to the agent");
        assertThat(message).isFocused();
        keys.keyboard().type("One");
        keys.keyboard().press("Shift+Enter");
        keys.keyboard().type("two");
        assertThat(message).hasValue("One\ntwo");
        keys.keyboard().press("Enter");
        assertThat(page.find(".message.user .said")).hasText("One\ntwo");
        page.awaitAnswer();
        assertThat(message).isFocused();

        keys.keyboard().press("Tab");
        assertThat(page.find("#send")).isFocused();
        keys.keyboard().press("Tab");
        assertThat(keys.getByLabel("Subtasks in parallel")).isFocused();
        keys.keyboard().type("2");
        assertThat(keys.getByLabel("Subtasks in parallel")).hasValue("2");
        keys.keyboard().press("Tab");
        Locator uncoordinated =
                keys.getByRole(AriaRole.SWITCH, new Page.GetByRoleOptions().setName("Without coordination"));
        assertThat(uncoordinated).isFocused();
        keys.keyboard().press("Space");
        assertThat(uncoordinated).isChecked();
        assertThat(page.find("#mode-note")).isVisible();
        page.screenshot("keyboard");
        page.awaitAnswer();
        assertThat(uncoordinated).isFocused();
        keys.keyboard().press("Space");
        assertThat(uncoordinated).not().isChecked();
        page.awaitAnswer();

        page.fill();
        keys.keyboard().type(QUESTION);
        keys.keyboard().press("Enter");
        assertThat(page.lanes("answered")).hasCount(3);
        page.awaitAnswer();
        while (!page.focusIsIn(".notice")) { // backwards from the message
            keys.keyboard().press("Shift+Tab");
        }
        keys.keyboard().press("Enter");
        assertThat(page.find(".notice-text")).isVisible();
    }

    @Test
    void markup_isShownAsText() {
        SamplePage page = browser.open(1280, 800, ColorScheme.LIGHT);
        String markup = "<img src=x onerror=alert(1)><b>bold</b>";
        page.ask(markup, 1);
        page.awaitAnswer();

        assertThat(page.find(".message.user .said")).hasText(markup);
        assertThat(page.find(".message.assistant .said")).containsText(markup);
        assertThat(page.find("#log img, #log b")).hasCount(0);
    }

    @Test
    void reload_showsTheConversationAgain_newSessionAndOtherAgentDoNot() {
        SamplePage page = browser.open(1280, 800, ColorScheme.LIGHT);
        page.fill();
        page.ask(QUESTION, 2);
        page.awaitAnswer();
        String tokens = page.find("#window-value").textContent();

        page.page().reload();

        page.awaitAnswer();
        assertThat(page.find(".message.user").last()).containsText(QUESTION);
        assertThat(page.find(".message.assistant").last()).containsText("On \"" + QUESTION);
        assertThat(page.find(".findings summary")).hasText("2 findings of the subtasks");
        assertThat(page.find(".divider")).hasCount(1);
        assertThat(page.find(".notice")).hasCount(1);
        assertThat(page.find("#window-value")).hasText(tokens);
        page.screenshot("reloaded");

        page.find("#new-session").click();
        assertThat(page.find("#empty")).isVisible();
        assertThat(page.find(".message")).hasCount(0);
        page.find("#agent").selectOption("researcher");
        page.ask("Hello", 0);
        page.awaitAnswer();
        assertThat(page.find(".message.assistant .who")).hasText("Researcher");
    }

    @Test
    void messageThatNeverFits_isToldAndComesBackToBeShortened() {
        SamplePage page = browser.open(1280, 800, ColorScheme.LIGHT);
        String text = "x".repeat(9_000);
        page.ask(text, 0);
        page.awaitAnswer();

        assertThat(page.find(".message.error")).containsText("This conversation is too long for the model");
        assertThat(page.lanes("failed")).hasCount(1);
        assertThat(page.find("#text")).hasValue(text);
        browser.assertConsoleHasOnly("Failed to load resource: the server responded with a status of 413");
    }

    /** Holds summaries up until the test lets them go on, so that there is time to look. */
    private void holdSummaries() {
        CountDownLatch latch = new CountDownLatch(1);
        held = latch;
        model.before(asked -> {
            if (asked.summary()) {
                awaitLatch(latch);
            }
        });
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await(60, SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
