import net from "node:net";

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
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
