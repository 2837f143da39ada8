/** What each task is doing, told to the page as it happens. */
@NullMarked
package io.github.agentcompaction.sample.progress;

import org.jspecify.annotations.NullMarked;
