package io.github.agentcompaction;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** Names this process among the replicas of a service. */
final class Replica {

    /** A token is a replica's name and some more, and stores keep it in a column of 200 characters. */
    static final int MAX_LENGTH = 100;

    private Replica() {}

    static String requireName(String name) {
        if (Names.requireText(name, "replica").length() > MAX_LENGTH) {
            throw new IllegalArgumentException("replica must not be longer than " + MAX_LENGTH + " characters, but has "
                    + name.length() + "; give each process a shorter name");
        }
        return name.replaceAll("[^ -~]", "?"); // a token is ASCII
    }

    /** {@return the given name, or the process id and the host's name} */
    static String orThisProcess(@Nullable String name) {
        return name != null ? name : requireName(ProcessHandle.current().pid() + "@" + host());
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown-host";
        }
    }
}
