// Wires the page: one session, one agent, with or without coordination.

import { listen, read, Refused, send } from "./api.js";
import * as conversation from "./conversation.js";
import { Run } from "./lanes.js";
import { Measured } from "./measured.js";
import * as summary from "./summary.js";

const get = (id) => document.getElementById(id);
const form = get("composer");
const text = get("text");
const subtasks = get("subtasks");
const uncoordinated = get("uncoordinated");
const agent = get("agent");

/** The embedded model's answer to a long message, in tokens, and the room to leave free. */
const ANSWER = 24;
const ROOM = 4;
const CHARACTERS_PER_TOKEN = 4;
const LONGEST_FILLER = 330; // tokens, with its answer
const LARGEST_TO_FILL = 10_000; // tokens: larger windows belong to models that cost money
const FILLER = "It should be by the sea, quiet, and not too expensive. ";

const measured = new Measured();
let session;
let events;
let runs = new Map();
let pending = false;
let latest;
let shownContext = { tokens: 0, window: 2_000 };

/** Not on a touch screen, where its keyboard would cover half of the page. */
const focusText = () => matchMedia("(pointer: coarse)").matches || text.focus({ preventScroll: true });

const coordinated = () => !uncoordinated.checked;
const conversationNow = () => ({ session, agent: agent.value, coordinated: coordinated() });

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The address keeps the session, so that a reload shows it again; an empty one is not worth keeping. */
function remember() {
  history.replaceState(null, "", `#${new URLSearchParams({ session, agent: agent.value })}`);
}

function open(id) {
  session = id;
  runs = new Map();
  latest = undefined;
  summary.forget();
  events?.close();
  events = listen({ session, agent: agent.value }, told);
  return measured.show(agent.value);
}

function told(kind, event) {
  if (kind === "run") {
    if (event.coordinated !== coordinated() || !pending) {
      return; // from another browser window
    }
    latest?.fold();
    latest = new Run(event.subtasks, event.coordinated, event.replica);
    runs.set(event.run, latest);
    conversation.showRun(latest);
  } else if (kind === "open") {
    summary.reconnected();
  } else if (kind === "summarizing") {
    summary.summarizing();
  } else if (kind === "summarized") {
    summary.summarized(event);
    contextHasChanged();
  } else {
    runs.get(event.run)?.[kind](event);
  }
}

function showContext({ tokens, window }) {
  shownContext = { tokens, window };
  const share = Math.min(1, tokens / window);
  const words = tokens ? `${tokens.toLocaleString("en")} of ${window.toLocaleString("en")} tokens` : "empty";
  get("window-value").textContent = words;
  get("window-bar").style.width = `${100 * share}%`;
  get("window-bar").classList.toggle("full", share > 0.9);
  get("fill").hidden = window > LARGEST_TO_FILL;
  const meter = get("window-meter");
  meter.setAttribute("aria-valuemax", window);
  meter.setAttribute("aria-valuenow", Math.min(tokens, window));
  meter.setAttribute("aria-valuetext", words);
}

/** After a summary that no message has waited for; a message shows the context by itself. */
async function contextHasChanged() {
  if (pending || !coordinated()) {
    return;
  }
  const shown = session;
  const { context } = await read(conversationNow());
  if (shown === session && !pending && coordinated()) {
    showContext(context);
  }
}

/** Shows the session as the server has it. */
async function reload() {
  const shown = await read(conversationNow());
  conversation.show(agent.value, shown.messages);
  showContext(shown.context);
}

function setPending(now) {
  pending = now;
  for (const control of [get("send"), get("fill"), get("new-session"), agent, uncoordinated]) {
    control.disabled = now;
  }
  get("log").setAttribute("aria-busy", now);
  return measured.busy(now);
}

/** Runs a request with the controls disabled meanwhile, and shows its error if it fails. */
async function whilePending(work) {
  const focused = document.activeElement;
  setPending(true);
  try {
    await events.opened;
    await work();
    return true;
  } catch (problem) {
    if (!(problem instanceof Refused)) {
      throw problem;
    }
    conversation.refused(problem.message);
    return false;
  } finally {
    setPending(false);
    if (document.activeElement === document.body) {
      focused.focus({ preventScroll: true }); // it was disabled, too
    }
  }
}

async function ask(question, count) {
  conversation.asked(question);
  const reply = await send({ ...conversationNow(), text: question, subtasks: count });
  remember();
  conversation.answered(agent.value, reply);
  showContext((await read(conversationNow())).context);
}

/** Sends long messages until hardly any room is left in the window, or the conversation was summarized meanwhile. */
async function fill() {
  let context = shownContext;
  let before = 0;
  for (let idea = 1; context.tokens >= before && context.window - context.tokens > 2 * ANSWER; idea++) {
    before = context.tokens;
    const room = context.window - context.tokens - ROOM;
    const left = Math.ceil(room / LONGEST_FILLER); // as many messages, all of one length
    const characters = (Math.floor(room / left) - ANSWER) * CHARACTERS_PER_TOKEN;
    const begin = `Idea ${idea}. `;
    await ask(begin + FILLER.repeat(Math.ceil(characters / FILLER.length)).slice(0, characters - begin.length), 0);
    context = shownContext;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = text.value.trim();
  if (pending || !question) {
    return;
  }
  text.value = "";
  whilePending(() => ask(question, subtasks.valueAsNumber)).then((done) => {
    text.value ||= done ? "" : question; // to be edited and sent again
    focusText();
  });
});

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

get("fill").addEventListener("click", () => whilePending(fill).then(focusText));

uncoordinated.addEventListener("change", () => {
  get("mode-note").hidden = coordinated();
  latest = undefined;
  if (get("empty").hidden) {
    whilePending(reload);
  }
});

function start() {
  conversation.clear();
  showContext({ ...shownContext, tokens: 0 });
  history.replaceState(null, "", location.pathname);
  uncoordinated.checked = false;
  get("mode-note").hidden = true;
  open(newId());
  focusText();
}

get("new-session").addEventListener("click", start);
agent.addEventListener("change", start); // an agent knows nothing of another's sessions

const remembered = new URLSearchParams(location.hash.slice(1));
if (remembered.get("session")) {
  agent.value = remembered.get("agent") === "researcher" ? "researcher" : "planner";
  open(remembered.get("session"));
  whilePending(reload).then((done) => done || start());
} else {
  start();
}
