package io.github.agentcompaction;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What an error of a provider says, and whether it is a context limit.
 *
 * @param status the HTTP status that came with it; "-" if unknown
 * @param reason why it is judged wrongly; empty if it is not
 */
record ProviderText(boolean isLimit, String status, String provider, String source, String reason, String text) {

    /** Reads a file in the form that context-limits.txt describes. */
    static List<ProviderText> read(String resource) {
        try (InputStream in = Objects.requireNonNull(ProviderText.class.getResourceAsStream(resource))) {
            String all = new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
            return Stream.of(all.split("\n\n+"))
                    .map(String::strip)
                    .filter(block -> !block.lines().allMatch(line -> line.startsWith("#")))
                    .map(ProviderText::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ProviderText parse(String block) {
        String[] headAndText = block.split("\n", 2);
        String[] head = headAndText[0].split(" \\| ", -1);
        boolean isLimit = switch (head[0]) {
            case "limit" -> true;
            case "other" -> false;
            default -> throw new IllegalArgumentException("neither limit nor other: " + headAndText[0]);
        };
        return new ProviderText(isLimit, head[1], head[2], head[3], head.length > 4 ? head[4] : "", headAndText[1]);
    }

    @Override
    public String toString() {
        return (isLimit ? "limit: " : "other: ") + provider;
    }
}
