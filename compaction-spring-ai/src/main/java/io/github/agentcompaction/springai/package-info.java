/** Compaction for Spring AI's {@code ChatClient} and chat memory. */
@NullMarked
package io.github.agentcompaction.springai;

import org.jspecify.annotations.NullMarked;
