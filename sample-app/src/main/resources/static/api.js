// What the page asks of the server. Everything is relative: no request leaves the origin.

/** What the server said is wrong, in words for the user. */
export class Refused extends Error {}

async function json(response) {
  if (response.ok) {
    return response.json();
  }
  let detail = `The server answered ${response.status}.`;
  try {
    detail = (await response.json()).detail ?? detail;
  } catch {
    // Not a problem detail; the status has to do.
  }
  throw new Refused(detail);
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refused("The server cannot be reached.");
  }
  return json(response);
}

const query = (parameters) => new URLSearchParams(parameters).toString();
const sessionPath = (id) => `sessions/${encodeURIComponent(id)}`;

export const send = ({ session, ...message }) => request(`${sessionPath(session)}/messages`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(message),
});

export const read = ({ session, agent, coordinated }) =>
  request(`${sessionPath(session)}?${query({ agent, coordinated })}`);

/** One measurement of a meter, such as COUNT, by its statistic. */
export async function meter(name, tags) {
  const parameters = Object.entries(tags).map(([key, value]) => ["tag", `${key}:${value}`]);
  const { measurements } = await request(`actuator/metrics/${name}?${query(parameters)}`);
  return Object.fromEntries(measurements.map(({ statistic, value }) => [statistic, value]));
}

export const agentState = (agent) => request(`actuator/compaction/${encodeURIComponent(agent)}`);

/**
 * Listens to a session. Events of its tasks that were missed while the connection was lost come again; each is told once. That it
 * is being summarized is told with each connection, after "open".
 * `opened` is settled when the connection is there, or has failed.
 */
export function listen({ session, agent }, told) {
  const source = new EventSource(`${sessionPath(session)}/events?${query({ agent })}`);
  let last = 0;
  for (const kind of ["run", "task", "end"]) {
    source.addEventListener(kind, (event) => {
      const number = Number(event.lastEventId);
      if (number > last) {
        last = number;
        told(kind, JSON.parse(event.data));
      }
    });
  }
  for (const kind of ["summarizing", "summarized"]) {
    source.addEventListener(kind, (event) => told(kind, JSON.parse(event.data)));
  }
  source.addEventListener("open", () => told("open"));
  const opened = new Promise((resolve) => {
    source.addEventListener("open", resolve, { once: true });
    source.addEventListener("error", resolve, { once: true });
  });
  return { opened, close: () => source.close() };
}
