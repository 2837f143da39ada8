/** The observation of each compaction, and what of the caller's context comes along to the thread that compacts. */
@NullMarked
package io.github.agentcompaction.spring.boot.observation;

import org.jspecify.annotations.NullMarked;
