// The line under the window's meter: whether the session is being summarized, and what that saved and cost.

const line = document.getElementById("summary-state");

const whole = (number) => number.toLocaleString("en");
const known = (...numbers) => numbers.every((number) => number !== undefined);

/** What is said of a compaction that has not shortened the conversation. */
const OTHERWISE = {
  joined: "Not summarized: the conversation was rewritten meanwhile.",
  nothing: "Nothing is left to summarize.",
  failed: "The summary has failed. The next message tries again.",
  cancelled: "The summary was interrupted. Nothing has changed.",
};

function say(text, running = false) {
  line.classList.toggle("running", running);
  line.textContent = text;
}

function result({ tokensBefore, tokensAfter, promptTokens, completionTokens, took }) {
  const saved = known(tokensBefore, tokensAfter) ? `: about ${whole(tokensBefore)} → ${whole(tokensAfter)} tokens` : "";
  const cost = known(promptTokens, completionTokens)
    ? ` It cost ${whole(promptTokens)} tokens to ask, ${whole(completionTokens)} to answer, and ${(took / 1_000).toFixed(1)} s.`
    : "";
  return `Summarized${saved}.${cost}`;
}

export const summarizing = () => say("Summarizing…", true);

export const summarized = (event) => say(event.outcome === "compacted" ? result(event) : OTHERWISE[event.outcome] ?? "");

/** Another session, or a new connection: if a summary still runs, it is told again. */
export const forget = () => say("");

/** A connection that was lost may have missed the end of a summary. */
export const reconnected = () => line.classList.contains("running") && forget();
