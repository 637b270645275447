import { startSandbox } from "./server.ts";

/**
 * `deno run --allow-net --allow-env --allow-read --allow-write dev/sandbox/main.ts`
 *
 * `SANDBOX_PORT` (8787), `SANDBOX_LEDGER` (a file; without it everything is forgotten at the end),
 * `SANDBOX_WEBHOOK_BASE` (where Terra's pushes go: `<base>/webhooks/terra`, and WHOOP's). Prints one JSON line.
 */
export const SANDBOX_CLIENTS = {
  oura: { id: "sandbox-oura", secret: "test-key-oura-client-secret" },
  terra: {
    id: "sandbox-terra",
    secret: "test-key-terra-api-key",
    webhookSecret: "test-key-terra-signing-secret",
  },
  dexcom: { id: "sandbox-dexcom", secret: "test-key-dexcom-client-secret" },
  whoop: { id: "sandbox-whoop", secret: "test-key-whoop-client-secret" },
  strava: { id: "sandbox-strava", secret: "test-key-strava-client-secret" },
} as const;

if (import.meta.main) {
  const base = Deno.env.get("SANDBOX_WEBHOOK_BASE") ?? "http://127.0.0.1:54321/functions/v1";
  const ledgerPath = Deno.env.get("SANDBOX_LEDGER");
  const sandbox = await startSandbox({
    port: Number(Deno.env.get("SANDBOX_PORT") ?? 8787),
    hostname: "127.0.0.1",
    announceSeconds: 60,
    clients: {
      ...SANDBOX_CLIENTS,
      terra: { ...SANDBOX_CLIENTS.terra, webhookUrl: `${base}/webhooks/terra` },
      whoop: { ...SANDBOX_CLIENTS.whoop, webhookUrl: `${base}/webhooks/whoop` },
    },
    ...(ledgerPath ? { ledgerPath } : {}),
  });
  console.log(JSON.stringify({ url: sandbox.url, origins: sandbox.origins }));
  const end = async () => {
    await sandbox.stop();
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGINT", end);
  Deno.addSignalListener("SIGTERM", end);
}
