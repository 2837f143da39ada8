package io.github.agentcompaction.sample;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** The sample's page in a browser, by what a user sees and does there. */
record SamplePage(Page page) {

    private static final double PATIENCE = 60_000; // ms

    /** Presses the button that leaves hardly any room in the window, and waits for it. */
    void fill() {
        page.locator("#fill").click();
        assertThat(page.locator("#window-bar"))
                .hasClass(Pattern.compile("full"), new LocatorAssertions.HasClassOptions().setTimeout(PATIENCE));
        awaitAnswer();
    }

    /** Sends a message by the keyboard. */
    void ask(String question, int subtasks) {
        find("#subtasks").fill(Integer.toString(subtasks));
        find("#text").fill(question);
        page.keyboard().press("Enter");
    }

    void awaitAnswer() {
        assertThat(find("#send")).isEnabled(new LocatorAssertions.IsEnabledOptions().setTimeout(PATIENCE));
    }

    /** {@return the lanes of the newest message that are in a state} */
    Locator lanes(String state) {
        return find(".run").last().locator(".lane[data-state='" + state + "']");
    }

    int number(String selector) {
        return Integer.parseInt(find(selector).textContent().replace(",", ""));
    }

    Locator find(String selector) {
        return page.locator(selector);
    }

    void screenshot(String name) {
        page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "screenshots", name + ".png")));
    }
}
