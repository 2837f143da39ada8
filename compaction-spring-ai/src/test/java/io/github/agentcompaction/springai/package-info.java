@NullMarked
package io.github.agentcompaction.springai;

import org.jspecify.annotations.NullMarked;
