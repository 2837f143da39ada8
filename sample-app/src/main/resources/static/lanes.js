// The tasks of one message, each in a lane: how long it was in which state, on one scale for all.

/** What a state is called; the second part is left out where there is little room. */
const WORDS = {
  queued: ["To come"],
  running: ["Running"],
  waiting: ["Waiting", " for the lock"],
  compacting: ["Compacting"],
  retrying: ["Retried"],
  answered: ["Answered"],
  failed: ["Failed"],
};

/** The same at the end of a task that has asked twice. */
const AGAIN = {
  compacted: ["Compacted", ", answered"],
  joined: ["Joined", ", answered"],
  retried: ["Retried", ", answered"],
};

/** Short runs do not fill the whole width at once. */
const SHORTEST_SCALE = 1_000; // ms

const template = (id) => document.getElementById(id).content.firstElementChild;
const seconds = (ms) => `${(ms / 1_000).toFixed(1)} s`;
const count = (number, one, more = `${one}s`) => `${number} ${number === 1 ? one : more}`;

class Lane {
  #segments = [];
  #again; // why it asked again: compacted, joined, or retried without coordination

  constructor(kind, number) {
    this.element = template("lane-template").cloneNode(true);
    this.track = this.element.querySelector(".track");
    this.element.querySelector(".lane-kind").textContent = kind;
    this.element.querySelector(".lane-number").textContent = number ? ` ${number}` : "";
    this.element.classList.toggle("numbered", Boolean(number));
    this.enter("queued");
  }

  get joined() {
    return this.#again === "joined";
  }

  enter(state, at, outcome = "retried") {
    this.state = state;
    this.element.dataset.state = state;
    this.#close(at);
    if (["running", "waiting", "compacting", "retrying"].includes(state)) {
      const bar = document.createElement("i");
      bar.className = `segment ${state}`;
      this.track.append(bar);
      this.#segments.push({ bar, from: at, to: undefined });
    }
    if (state === "retrying" && this.#again !== "compacted") {
      this.#again = outcome;
    }
    const [word, rest = ""] = this.#again && state === "answered" ? AGAIN[this.#again] : WORDS[state];
    this.element.querySelector(".lane-word").textContent = word;
    this.element.querySelector(".lane-rest").textContent = rest;
  }

  draw(now, scale) {
    for (const { bar, from, to } of this.#segments) {
      bar.style.left = `${(100 * from) / scale}%`;
      bar.style.width = `${(100 * ((to ?? now) - from)) / scale}%`;
    }
  }

  #close(at) {
    const last = this.#segments.at(-1);
    if (last && last.to === undefined) {
      last.to = at;
    }
  }
}

/** The lanes of one message, from its first event to its last. */
export class Run {
  #lanes;
  #zero;
  #ended;
  #frame = 0;
  #said = "";

  constructor(subtasks, coordinated, replica) {
    this.element = template("run-template").cloneNode(true);
    this.element.classList.add("live");
    this.element.classList.toggle("many", subtasks > 12);
    this.coordinated = coordinated;
    this.#lanes = [];
    for (let number = 1; number <= subtasks; number++) {
      this.#lanes[number] = new Lane("Subtask", number);
    }
    this.#lanes[0] = new Lane("Answer");
    this.element.querySelector(".lanes").append(...this.#lanes.slice(1).map((lane) => lane.element), this.#lanes[0].element);
    this.element.querySelector(".run-title").textContent =
      (subtasks ? `${count(subtasks, "subtask")} and the answer` : "The answer")
      + (coordinated ? "" : ", without coordination")
      + (replica ? ` · ${replica}` : "");
    this.#zero = performance.now();
    this.#animate();
  }

  task({ task, state, at, outcome }) {
    this.#zero = Math.min(this.#zero, performance.now() - at); // the clock of the server, as this page sees it
    this.#lanes[task]?.enter(state, at, outcome);
    this.#tell();
  }

  end({ at, summaries }) {
    this.#ended = at;
    this.summaries = summaries;
    cancelAnimationFrame(this.#frame);
    this.element.classList.remove("live");
    this.#draw();
    this.#tell();
    if (this.#lanes.length === 1 && this.#lanes[0].state === "answered" && summaries === 0) {
      this.element.remove(); // a plain answer: the lane has nothing to tell any more
    }
  }

  /** Folds it, once another message is under way. */
  fold() {
    this.element.open = false;
  }

  #animate() {
    this.#draw();
    this.#frame = requestAnimationFrame(() => this.#animate());
  }

  #draw() {
    const now = this.#ended ?? performance.now() - this.#zero;
    const scale = Math.max(now, SHORTEST_SCALE);
    this.#lanes.forEach((lane) => lane.draw(now, scale));
  }

  /** Says in a few words what the lanes show; the only part of them that is read out. */
  #tell() {
    const states = this.#lanes.map((lane) => lane.state);
    const having = (state) => states.filter((each) => each === state).length;
    const joined = this.#lanes.filter((lane) => lane.joined).length;
    const parts = this.#ended === undefined
      ? ["running", "waiting", "compacting", "retrying"]
        .filter((state) => having(state))
        .map((state) => `${having(state)} ${state === "waiting" ? "waiting for the lock" : state}`)
      : [count(this.summaries, "summary", "summaries"), joined ? `${joined} joined` : "", having("failed") ? `${having("failed")} failed` : "", seconds(this.#ended)];
    const said = parts.filter(Boolean).join(" · ");
    if (said && said !== this.#said) {
      this.#said = said;
      this.element.querySelector(".run-state").textContent = said;
    }
  }
}
