// The conversation on the page. All text goes in as text: what a user or a model wrote is never read as HTML.

const LONG = 240; // characters, above which a message of the user is folded

const log = document.getElementById("log");
const empty = document.getElementById("empty");

const template = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

function add(...elements) {
  empty.hidden = true;
  log.append(...elements);
  elements.at(-1).scrollIntoView({ block: "end" });
}

function message(role, who, text) {
  const element = template("message-template");
  element.classList.add(role);
  element.querySelector(".who").textContent = who;
  const said = element.querySelector(".said");
  said.textContent = text;
  if (role === "user" && text.length > LONG) {
    said.classList.add("long");
    element.append(unfolding(said));
  }
  return element;
}

function unfolding(said) {
  const more = document.createElement("button");
  more.type = "button";
  more.className = "more";
  const show = (whole) => {
    said.classList.toggle("whole", whole);
    more.textContent = whole ? "Show less" : "Show all";
    more.setAttribute("aria-expanded", whole);
  };
  more.addEventListener("click", () => show(!said.classList.contains("whole")));
  show(false);
  return more;
}

function findings(texts) {
  const element = template("findings-template");
  element.querySelector("summary").textContent = texts.length === 1 ? "1 finding of a subtask" : `${texts.length} findings of the subtasks`;
  element.querySelector("ol").append(...texts.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
  return element;
}

function notice(text) {
  const element = template("notice-template");
  const [title, ...summary] = text.split(": ");
  element.querySelector(".notice-title").textContent = title;
  element.querySelector(".notice-text").textContent = summary.join(": ");
  element.addEventListener("toggle", () => element.open && element.scrollIntoView({ block: "nearest" }));
  return element;
}

function divider(text) {
  const element = document.createElement("p");
  element.className = "divider";
  element.textContent = text;
  return element;
}

const name = (agent) => agent.charAt(0).toUpperCase() + agent.slice(1);

export function clear() {
  log.replaceChildren(empty);
  empty.hidden = false;
}

export function asked(text) {
  add(message("user", "You", text));
}

export function showRun(run) {
  add(run.element);
}

/** The answer, and then what happened to the conversation; without coordination each task says so, and none waits. */
export function answered(agent, reply) {
  const notices = reply.notices ?? [];
  if (notices.length) {
    const group = document.createElement("div");
    group.className = "notices";
    group.append(...notices.map(notice));
    add(group);
  }
  if (reply.subtasks.length) {
    add(findings(reply.subtasks));
  }
  add(message("assistant", reply.replica ? `${name(agent)} · ${reply.replica}` : name(agent), reply.answer));
  if (reply.notice) {
    add(notice(reply.notice));
  }
}

export function refused(text) {
  const element = message("error", "Not answered", text);
  element.setAttribute("role", "alert");
  add(element);
}

/** A conversation as the server has it. */
export function show(agent, messages) {
  clear();
  const elements = [];
  let dimmed = false;
  let answers = [];
  const flush = () => {
    if (answers.length > 1) {
      elements.push(marked(findings(answers.slice(0, -1)), dimmed));
    }
    if (answers.length) {
      elements.push(marked(message("assistant", name(agent), answers.at(-1)), dimmed));
    }
    answers = [];
  };
  for (const { role, text, summarized } of messages) {
    if (role === "assistant" && summarized === dimmed) {
      answers.push(text);
      continue;
    }
    flush();
    if (dimmed && !summarized) {
      elements.push(divider("The model is sent a summary of what is above"));
    }
    dimmed = summarized;
    if (role === "assistant") {
      answers.push(text);
    } else if (role === "summary") {
      elements.push(marked(notice(`Earlier messages were summarized: ${text}`), dimmed));
    } else {
      elements.push(marked(message("user", "You", text), dimmed));
    }
  }
  flush();
  if (elements.length) {
    add(...elements);
  }
}

function marked(element, summarized) {
  element.classList.toggle("summarized", summarized);
  return element;
}
