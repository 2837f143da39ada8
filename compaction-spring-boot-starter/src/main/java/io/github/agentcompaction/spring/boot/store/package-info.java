/** Auto-configuration of the store that the replicas of a service share. */
@NullMarked
package io.github.agentcompaction.spring.boot.store;

import org.jspecify.annotations.NullMarked;
