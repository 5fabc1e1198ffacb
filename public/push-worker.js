// Shows what the portal tells this browser while no page of it is open. It keeps nothing, and answers no request of a page.
self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch {
    // Not the portal's: a browser asks that something is shown all the same.
  }
  event.waitUntil(
    self.registration.showNotification(said.title || "Overread has told you something", {
      body: said.text || "Open the portal to see it.",
      icon: "/icon.svg",
      tag: said.id || "overread",
      data: { path: typeof said.path === "string" && said.path.startsWith("/") ? said.path : "/" },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = new URL(event.notification.data?.path ?? "/", self.location.origin);
  if (address.origin === self.location.origin) event.waitUntil(self.clients.openWindow(address.href));
});
