/** What the guard of `shared/db/client.ts` is for: the driver by itself, in transactions without end. */
import postgres from "postgres";

const sql = postgres(Deno.args[0] ?? "", { max: 8, connect_timeout: 5, onnotice: () => {} });

(async () => {
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
})();

console.log(JSON.stringify({ event: "ready" }));
await Promise.all(Array.from({ length: 8 }, async () => {
  for (;;) {
    await sql.begin(async (tx) => {
      await tx`select pg_sleep(0.005)`;
      await tx`select 1`;
    }).catch(() => new Promise((resolve) => setTimeout(resolve, 20)));
  }
}));
