package io.github.agentcompaction.spring.boot.observation;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.docs.ObservationDocumentation;

/** The observation of compactions, as Micrometer documents observations. */
public enum CompactionObservationDocumentation implements ObservationDocumentation {

    /** One compaction, from before its compactor is called until it has ended, however it ends. */
    COMPACTION {
        @Override
        public Class<? extends ObservationConvention<? extends Observation.Context>> getDefaultConvention() {
            return DefaultCompactionObservationConvention.class;
        }

        @Override
        public KeyName[] getLowCardinalityKeyNames() {
            return LowCardinalityKeyNames.values();
        }

        @Override
        public KeyName[] getHighCardinalityKeyNames() {
            return HighCardinalityKeyNames.values();
        }
    };

    /** Keys that are always there, and whose values are few: tags of a meter, too. */
    public enum LowCardinalityKeyNames implements KeyName {

        /** The agent's name. */
        AGENT {
            @Override
            public String asString() {
                return "agent";
            }
        },

        /** Why the session is compacted: {@code overflow}, {@code background}, {@code threshold} or {@code manual}. */
        TRIGGER {
            @Override
            public String asString() {
                return "trigger";
            }
        },

        /** How it ended, such as {@code compacted}; {@code none} until then. */
        OUTCOME {
            @Override
            public String asString() {
                return "outcome";
            }
        }
    }

    /** Keys of one compaction; those of numbers that are not known are absent. */
    public enum HighCardinalityKeyNames implements KeyName {

        /** The session's id. */
        SESSION {
            @Override
            public String asString() {
                return "session";
            }
        },

        /** The size of the history before, an estimate. */
        TOKENS_BEFORE {
            @Override
            public String asString() {
                return "tokens.before";
            }
        },

        /** The size of the history afterwards, an estimate. */
        TOKENS_AFTER {
            @Override
            public String asString() {
                return "tokens.after";
            }
        },

        /** What the provider counted for the prompts that asked for the summary. */
        TOKENS_PROMPT {
            @Override
            public String asString() {
                return "tokens.prompt";
            }
        },

        /** What the provider counted for the summary. */
        TOKENS_COMPLETION {
            @Override
            public String asString() {
                return "tokens.completion";
            }
        }
    }
}
