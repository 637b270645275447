/** The worker as it is deployed: the composition root and its own handlers, drained over and over. */
import { createRuntime } from "@shared/runtime.ts";

const runtime = createRuntime(Deno.env.toObject(), { connections: 4 });

(async () => {
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
})();

console.log(JSON.stringify({ event: "ready" }));
for (;;) await runtime.syncWorker.drain();
