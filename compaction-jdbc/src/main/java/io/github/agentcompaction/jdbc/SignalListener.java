package io.github.agentcompaction.jdbc;

import java.util.List;

/** Hears of leases that come free, where the database can tell. Used by one thread only. */
interface SignalListener {

    /** Hears nothing. */
    SignalListener NONE = new SignalListener() {};

    /** {@return whether {@link #await} hears anything} */
    default boolean isOpen() {
        return false;
    }

    /**
     * Connects if that is possible and was not done.
     *
     * @return true if a connection was lost before, so that signals may have been missed
     */
    default boolean open() {
        return false;
    }

    /** {@return the keys of the rows that came free, as {@link RowKey#asText()}, after so long at most} */
    default List<String> await(int millis) {
        return List.of();
    }

    /**
     * Hears no more, at once.
     *
     * @return gives the connection back, on any thread, which may take as long as the network's time limit
     */
    default Runnable disconnect() {
        return () -> {};
    }
}
