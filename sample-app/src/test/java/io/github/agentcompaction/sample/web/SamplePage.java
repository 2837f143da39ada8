package io.github.agentcompaction.sample.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.assertj.core.api.Assertions;

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

    /** {@return the line that says whether the session is being summarized, and what that saved and cost} */
    Locator summaryState() {
        return find("#summary-state");
    }

    /** {@return the session's id, which the address keeps} */
    String session() {
        return String.valueOf(page.evaluate("() => new URLSearchParams(location.hash.slice(1)).get('session')"));
    }

    int number(String selector) {
        return Integer.parseInt(find(selector).textContent().replace(",", ""));
    }

    Locator find(String selector) {
        return page.locator(selector);
    }

    /** Checks that the page is no wider than its window, and that no text sticks out of what it is in. */
    void assertNothingIsCutOff() {
        Object wide = page.evaluate("""
                () => {
                  const width = document.documentElement.clientWidth;
                  const out = [...document.querySelectorAll("body *")]
                    .filter((element) => element.checkVisibility() && !element.closest(".skip, template"))
                    .filter((element) => getComputedStyle(element).clipPath === "none")
                    .filter((element) => element.getBoundingClientRect().right > width + 0.5)
                    .map((element) => element.className || element.id || element.tagName);
                  return document.documentElement.scrollWidth > width ? ["the page", ...out] : out;
                }""");
        Assertions.assertThat((List<?>) wide).as("wider than the window").isEmpty();
    }

    /** {@return the contrast ratio of the text of one element to the background of another, as WCAG defines it} */
    double contrast(String text, String ground) {
        Object ratio = page.evaluate("""
                ([text, ground]) => {
                  const luminance = (color) => {
                    const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((part) => {
                      const value = part / 255;
                      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
                    });
                    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                  };
                  const style = (selector) => getComputedStyle(document.querySelector(selector));
                  const [lighter, darker] = [luminance(style(text).color), luminance(style(ground).backgroundColor)]
                    .sort((a, b) => b - a);
                  return (lighter + 0.05) / (darker + 0.05);
                }""", List.of(text, ground));
        return ((Number) ratio).doubleValue();
    }

    boolean focusIsIn(String selector) {
        return (Boolean) page.evaluate("(selector) => document.activeElement.closest(selector) !== null", selector);
    }

    void screenshot(String name) {
        page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "screenshots", name + ".png")));
    }
}
