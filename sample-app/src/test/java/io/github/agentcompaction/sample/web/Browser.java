package io.github.agentcompaction.sample.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/**
 * A real browser without a window: the Chromium and the Node.js that are installed. {@code CHROMIUM} and
 * {@code PLAYWRIGHT_NODEJS_PATH} name them if they are not on the path.
 */
final class Browser implements AutoCloseable {

    private static final List<String> FLAGS = List.of(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync");

    private final Playwright playwright;
    private final com.microsoft.playwright.Browser chromium;
    private final String origin;
    private final List<String> elsewhere = new CopyOnWriteArrayList<>();
    private final List<String> console = new CopyOnWriteArrayList<>();

    Browser(int port) {
        this.origin = "http://127.0.0.1:" + port;
        PlaywrightAssertions.setDefaultAssertionTimeout(30_000); // ms; a machine may have other things to do
        this.playwright = Playwright.create(new Playwright.CreateOptions()
                .setEnv(Map.of(
                        "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD",
                        "1",
                        "PLAYWRIGHT_NODEJS_PATH",
                        program("PLAYWRIGHT_NODEJS_PATH", "node"))));
        this.chromium = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(
                                Path.of(program("CHROMIUM", "chromium", "chromium-browser", "google-chrome")))
                        .setArgs(FLAGS));
    }

    /** Opens the page in a window of its own. */
    SamplePage open(int width, int height, ColorScheme colors) {
        BrowserContext context = chromium.newContext(new com.microsoft.playwright.Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setDeviceScaleFactor(width < 500 ? 2 : 1)
                .setColorScheme(colors));
        context.setDefaultTimeout(30_000);
        Page page = context.newPage();
        page.onRequest(request -> {
            if (!request.url().startsWith(origin + "/")) {
                elsewhere.add(request.url());
            }
        });
        page.onConsoleMessage(message -> console.add(message.type() + ": " + message.text()));
        page.onPageError(error -> console.add("uncaught: " + error));
        page.navigate(origin + "/");
        return new SamplePage(page);
    }

    /** Checks what holds for every page: nothing was asked for elsewhere, and nothing is on the console. */
    void assertQuiet() {
        assertThat(elsewhere).as("requests to elsewhere").isEmpty();
        assertThat(console).as("the browser's console").isEmpty();
    }

    /** Checks what is on the console if something is, and takes it away. */
    void assertConsoleHasOnly(String text) {
        assertThat(console).hasSize(1).first().asString().contains(text);
        console.clear();
    }

    @Override
    public void close() {
        playwright.close();
    }

    private static String program(String variable, String... names) {
        String named = System.getenv(variable);
        if (named != null && !named.isBlank()) {
            return named;
        }
        return find(names)
                .orElseThrow(() -> new IllegalStateException("None of " + Arrays.toString(names)
                        + " is on the path, and " + variable + " names none. Install it, or leave out -Pbrowser."));
    }

    private static Optional<String> find(String... names) {
        return Stream.of(names)
                .flatMap(name -> Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                        .map(directory -> Path.of(directory, name)))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }
}
