/** Deno 2.1.4 closes a server's last requests shortly after its end, and calls that a leak. */
const LAST_REQUESTS_MS = 250;

/** Ends servers, and waits until nothing of them is left. */
export async function shutdown(...servers: readonly Deno.HttpServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.shutdown()));
  await new Promise((resolve) => setTimeout(resolve, LAST_REQUESTS_MS));
}
