/** The anchor: Hono, the body as it came, one plain insert. No signature, key, duplicate, job or log. */
import { Hono } from "hono";
import postgres from "postgres";

const sql = postgres(Deno.env.get("BENCH_DATABASE_URL") ?? "", { max: 10, onnotice: () => {} });
const app = new Hono();
app.post("/webhooks/:provider", async (c) => {
  const body = new Uint8Array(await c.req.arrayBuffer());
  await sql`insert into bench.plain_events (provider, body) values (${
    c.req.param("provider")
  }, ${body})`;
  return c.body(null, 200);
});

export default { fetch: app.fetch };
