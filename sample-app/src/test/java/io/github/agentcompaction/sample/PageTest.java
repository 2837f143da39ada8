package io.github.agentcompaction.sample;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.ColorScheme;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;

/** The page in a real browser. Leaves screenshots under {@code target/screenshots}. */
@Tag("browser")
@SampleTest
@TestPropertySource(
        properties = {"sample.embedded-model.answer-time=250ms", "sample.embedded-model.summary-time=900ms"})
class PageTest {

    private static final int SUBTASKS = 8;

    @LocalServerPort
    private int port;

    private Browser browser;

    @BeforeEach
    void launch() {
        browser = new Browser(port);
    }

    @AfterEach
    void closeQuietly() {
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
        page.ask("Compare them all, and pick one.", SUBTASKS);

        assertThat(page.lanes("compacting")).hasCount(1);
        assertThat(page.lanes("waiting")).hasCount(SUBTASKS - 1);
        page.screenshot("lanes");
        assertThat(page.lanes("answered")).hasCount(SUBTASKS + 1);
        Locator notice = page.find(".notice");
        assertThat(notice).hasCount(1);
        assertThat(notice.locator(".notice-text")).isHidden();
        assertThat(page.find("#log > :last-child")).hasClass(Pattern.compile("notice"));
        assertThat(page.find("#log > :nth-last-child(2)")).containsText("On \"Compare them all, and pick one.");

        notice.locator("summary").click();

        assertThat(notice.locator(".notice-text")).containsText("The user said \"Idea 1.");
        assertThat(page.find(".run-state").last()).containsText("1 summary");
        assertThat(page.find("#paid-coordinated")).hasText(Integer.toString(paid + 1));
        assertThat(page.find("#outcome-joined")).hasText(Integer.toString(joined + SUBTASKS - 1));
        page.screenshot("answer-and-notice");
    }

    @Test
    void withoutCoordination_eachTaskPays_andTheConversationIsAsBefore() {
        SamplePage page = browser.open(1280, 800, ColorScheme.LIGHT);
        page.fill();
        page.find("label.switch").click();
        page.awaitAnswer();
        page.ask("Compare them all, and pick one.", SUBTASKS);
        page.screenshot("without-lanes");
        assertThat(page.lanes("answered")).hasCount(SUBTASKS + 1);
        page.awaitAnswer();
        page.screenshot("without");
    }

    @Test
    void phone_dark() {
        SamplePage page = browser.open(360, 740, ColorScheme.DARK);
        page.screenshot("phone-empty");
        page.fill();
        page.ask("Compare them all, and pick one.", SUBTASKS);
        assertThat(page.lanes("waiting")).hasCount(SUBTASKS - 1);
        page.screenshot("phone-lanes");
        page.awaitAnswer();
        page.screenshot("phone");
        page.find("#cache-title").scrollIntoViewIfNeeded();
        page.screenshot("phone-measured");
        SamplePage wide = browser.open(1280, 800, ColorScheme.DARK);
        wide.fill();
        wide.ask("Compare them all, and pick one.", 32);
        wide.awaitAnswer();
        wide.screenshot("dark");
    }
}
