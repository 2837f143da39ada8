// The panel: what Actuator says about one agent.

import { agentState, meter } from "./api.js";

const OUTCOMES = ["compacted", "joined", "nothing", "failed", "rejected", "cancelled"];
const OFTEN = 1_000; // ms between two looks while a message is under way
const SELDOM = 5_000;

const put = (id, text) => { document.getElementById(id).textContent = text; };
const whole = (number) => Math.round(number ?? 0).toLocaleString("en");

function time(seconds) {
  if (!seconds) {
    return "–";
  }
  return seconds < 1 ? `${Math.round(seconds * 1_000)} ms` : `${seconds.toFixed(2)} s`;
}

async function look(agent) {
  const of = (outcome) => meter("compaction.compactions", { agent, outcome });
  const paid = (coordinated) => meter("sample.summarizer.calls", { agent, coordinated });
  const [state, wait, coordinated, uncoordinated, ...outcomes] = await Promise.all([
    agentState(agent), meter("compaction.lock.wait", { agent }), paid(true), paid(false), ...OUTCOMES.map(of),
  ]);
  put("paid-coordinated", whole(coordinated.COUNT));
  put("paid-uncoordinated", whole(uncoordinated.COUNT));
  document.getElementById("paid-uncoordinated").classList.toggle("more-than", uncoordinated.COUNT > coordinated.COUNT);
  put("wait-count", whole(wait.COUNT));
  put("wait-mean", wait.COUNT ? time(wait.TOTAL_TIME / wait.COUNT) : "–");
  put("wait-max", time(wait.MAX));
  put("waiting-now", whole(state.counts.waiting));
  put("cache-locks", whole(state.counts.locks));
  put("cache-summaries", whole(state.counts.summaries));
  OUTCOMES.forEach((outcome, i) => put(`outcome-${outcome}`, whole(outcomes[i].COUNT)));
}

/** Reads the meters regularly, but not while the page is hidden. */
export class Measured {
  #agent;
  #timer;
  #busy = false;

  show(agent) {
    this.#agent = agent;
    document.querySelectorAll(".agent-name").forEach((element) => { element.textContent = agent; });
    return this.refresh();
  }

  /** Reads more often while a message is under way. */
  busy(busy) {
    this.#busy = busy;
    return this.refresh();
  }

  async refresh() {
    clearTimeout(this.#timer);
    const agent = this.#agent;
    if (!document.hidden) {
      try {
        await look(agent);
        put("meters-state", "");
      } catch {
        put("meters-state", "They cannot be read at the moment.");
      }
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), this.#busy ? OFTEN : SELDOM);
  }
}
