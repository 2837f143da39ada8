@NullMarked
package io.github.agentcompaction.redis;

import org.jspecify.annotations.NullMarked;
