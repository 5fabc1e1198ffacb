import net from "node:net";

// Below the ports that systems give to connections and to whoever asks for any: until the program that is to listen
// has started, seconds later, nothing else may be given the port.
const [firstPort, portCount, portsOfProcess] = [10_240, 22_000, 20];
let asked = 0;

/** A port on which nothing listens. Processes look in different places, so that two never find the same one. */
export async function freePort() {
  for (;;) {
    const port = firstPort + ((process.pid * portsOfProcess + asked++) % portCount);
    if (await isFree(port)) return port;
    if (asked > portCount) throw new Error("no port is free");
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}

export function portTaken(port, host = "127.0.0.1") {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", (error) => resolve(error.code === "EADDRINUSE"));
    server.listen(port, host, () => server.close(() => resolve(false)));
  });
}

/** Waits until `check` holds. It is a condition with a deadline, not a pause. */
export async function until(check, { deadlineMs, what, everyMs = 100 }) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await Promise.resolve()
      .then(check)
      .catch(() => false);
    if (value) return value;
    if (Date.now() > end) throw new Error(`${what} did not happen within ${Math.round(deadlineMs / 1000)} s`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
