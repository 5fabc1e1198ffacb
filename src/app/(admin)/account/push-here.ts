/** Web push of the browser that a page runs in. */

const worker = "/push-worker.js";

type Made = { endpoint: string; p256dh: string; auth: string };

/** The address under which this browser is told; null: none. False: it cannot be told at all. */
export async function subscriptionHere(): Promise<string | null | false> {
  if (!window.isSecureContext || !("serviceWorker" in navigator) || !("PushManager" in window)) return false;
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration?.pushManager.getSubscription())?.endpoint ?? null;
}

/**
 * Subscribes this browser anew, asking the person for leave. An older subscription ends: it may be another person's who has used this browser.
 * @param publicKey the portal's, base64url
 */
export async function subscribeHere(publicKey: string): Promise<Made | { refused: string }> {
  if ((await Notification.requestPermission()) !== "granted")
    return { refused: "The browser does not allow notices of this portal. Allow them in its settings for this page." };
  try {
    await navigator.serviceWorker.register(worker, { scope: "/" });
    const { pushManager } = await navigator.serviceWorker.ready;
    await (await pushManager.getSubscription())?.unsubscribe();
    const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey });
    const { endpoint, keys } = made.toJSON();
    if (!endpoint || !keys?.p256dh || !keys.auth) return { refused: "The browser has no push service." };
    return { endpoint, p256dh: keys.p256dh, auth: keys.auth };
  } catch {
    return { refused: "The browser's push service cannot be reached. Try again later." };
  }
}

export async function unsubscribeHere(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration("/");
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}

type Known = {
  browser: "chrome" | "edge" | "firefox" | "safari" | "other";
  system: "windows" | "mac" | "linux" | "android" | "ios" | "other";
};
const find = <T extends string>(agent: string, signs: readonly (readonly [RegExp, T])[], otherwise: T): T =>
  signs.find(([sign]) => sign.test(agent))?.[1] ?? otherwise;

/** What a browser is called, so that its owner knows it among others. Names that contain others come first. */
export const browserOf = (agent: string): Known => ({
  browser: find<Known["browser"]>(
    agent,
    [
      [/Edg/, "edge"],
      [/Firefox|FxiOS/, "firefox"],
      [/Chrome|CriOS/, "chrome"],
      [/Safari/, "safari"],
    ],
    "other",
  ),
  system: find<Known["system"]>(
    agent,
    [
      [/Android/, "android"],
      [/iPhone|iPad/, "ios"],
      [/Windows/, "windows"],
      [/Mac OS X/, "mac"],
      [/Linux/, "linux"],
    ],
    "other",
  ),
});
