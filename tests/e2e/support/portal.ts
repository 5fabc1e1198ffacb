/** A signed-in person without a browser: cookies kept, tRPC called as the pages call it. */
export type PortalClient = {
  query<T = unknown>(procedure: string, input?: unknown): Promise<T>;
  mutate<T = unknown>(procedure: string, input?: unknown): Promise<T>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  cookie(): string;
};

/** What the portal refused, with its stable code. */
export class PortalError extends Error {
  readonly appCode: string;
  readonly details: Record<string, unknown>;
  readonly status: number;
  constructor(appCode: string, details: Record<string, unknown>, status: number, message: string) {
    super(`${appCode}: ${message}`);
    this.appCode = appCode;
    this.details = details;
    this.status = status;
  }
}

export async function signIn(baseUrl: string, email: string, password: string): Promise<PortalClient> {
  const jar = new Map<string, string>();
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const request = async (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("cookie", cookie());
    headers.set("origin", baseUrl);
    const response = await fetch(`${baseUrl}${path}`, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      if (pair.slice(at + 1) === "") jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  };
  const { csrfToken } = (await (await request("/api/auth/csrf")).json()) as { csrfToken: string };
  const response = await request("/api/auth/callback/credentials", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ csrfToken, email, password }),
  });
  await response.body?.cancel();
  if (![...jar.keys()].some((name) => name.includes("session-token")))
    throw new Error(`${email} was not let in (${response.status} ${response.headers.get("location")})`);

  const call = async <T>(response: Response): Promise<T> => {
    const body = (await response.json()) as {
      result?: { data: T };
      error?: { message: string; data?: { appCode?: string; details?: Record<string, unknown> } };
    };
    if (body.error)
      throw new PortalError(
        body.error.data?.appCode ?? "unknown",
        body.error.data?.details ?? {},
        response.status,
        body.error.message,
      );
    return (body.result as { data: T }).data;
  };
  return {
    cookie,
    fetch: request,
    query: async (procedure, input) =>
      call(
        await request(
          `/api/trpc/${procedure}${input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`}`,
        ),
      ),
    mutate: async (procedure, input) =>
      call(
        await request(`/api/trpc/${procedure}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(input ?? {}),
        }),
      ),
  };
}
