package io.github.agentcompaction.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** A Markdown file that shows code. */
record Document(Path file) {

    /** The fenced blocks of a language, in order. */
    List<String> blocks(String language) {
        return find("^```" + language + "\\n(.*?)^```$");
    }

    /** What the first group of a pattern matches, in order. */
    List<String> find(String pattern) {
        return Pattern.compile(pattern, Pattern.MULTILINE | Pattern.DOTALL)
                .matcher(read(file))
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    /** Whether one of the sources has a block of code, however it is wrapped. */
    static boolean stands(String block, List<Path> sources) {
        return sources.stream().anyMatch(source -> withoutSpace(read(source)).contains(withoutSpace(block)));
    }

    private static String withoutSpace(String code) {
        return code.replaceAll("\\s+", "");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
