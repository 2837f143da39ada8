package io.github.agentcompaction.benchmarks.stores;

/**
 * How thoroughly to measure over stores.
 *
 * @param rounds how often each case counts, after once that does not
 * @param slices how often threads acquire and release for a tenth of a second in each round
 * @param warmUpMillis for how long two processes warm up with each peer before they hand locks over
 * @param handOvers how many hand-overs of a peer make a round
 * @param cancels how often a waiter gives up
 * @param adds how many messages a round adds to each conversation
 */
record StoreEffort(int rounds, int slices, int warmUpMillis, int handOvers, int cancels, int adds) {

    /** For figures to publish. */
    static final StoreEffort FULL = new StoreEffort(7, 20, 10_000, 15, 3, 100);

    /** To see that everything runs. */
    static final StoreEffort QUICK = new StoreEffort(1, 1, 500, 1, 1, 5);

    static StoreEffort of(String... args) {
        if (args.length == 0) {
            return FULL;
        }
        if (args[0].equals("quick")) {
            return QUICK;
        }
        if (args.length > 1 || !args[0].matches("[1-9][0-9]{0,3}") || Integer.parseInt(args[0]) < 3) {
            throw new IllegalArgumentException(
                    "rounds must be a number from 3 to 9999, but was '" + args[0] + "'; for a quick look use: quick");
        }
        return new StoreEffort(
                Integer.parseInt(args[0]), FULL.slices, FULL.warmUpMillis, FULL.handOvers, FULL.cancels, FULL.adds);
    }
}
