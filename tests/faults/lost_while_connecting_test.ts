import assert from "node:assert/strict";
import { ProblemError } from "@shared/core/problems.ts";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { withDatabase } from "../support/database.ts";
import { counts } from "./support/fault.ts";

/** What the server says until its first answer to us: sign-in, parameters and the types it knows. */
const GREETING_BYTES = 10_000;

/** Forwards to `target`, and after so many bytes of its answers closes or goes silent. */
function goesAfter(target: string, bytes: number, end: "close" | "silence") {
  const { hostname, port } = new URL(target);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();

  async function forward(client: Deno.Conn): Promise<void> {
    const server = await Deno.connect({ hostname, port: Number(port) });
    open.add(client).add(server);
    client.readable.pipeTo(server.writable).catch(() => {});
    let left = bytes;
    const buffer = new Uint8Array(1_024);
    for (;;) {
      const read = await server.read(buffer);
      if (read === null) return;
      await client.write(buffer.subarray(0, Math.min(read, left)));
      left -= read;
      if (left > 0) continue;
      if (end === "close") client.close();
      return;
    }
  }

  (async () => {
    for await (const client of listener) forward(client).catch(() => {});
  })();
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String(listener.addr.port);
  return {
    url: url.href,
    close() {
      listener.close();
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // Closed by its other end.
        }
      }
    },
  };
}

// The driver asks for the server's types behind our backs: nobody holds the promise of that answer, and
// one that was lost ended the process.
for (const end of ["close", "silence"] as const) {
  Deno.test(`connect() lives where the server goes in mid-greeting, by ${end}`, async () => {
    await withDatabase(async ({ appUrl }) => {
      const times = counts(30, 300);
      let lost = 0;
      for (let n = 0; n < times; n++) {
        const server = goesAfter(appUrl, 1 + Math.floor(n * GREETING_BYTES / times), end);
        const db = connect({ url: new Secret(server.url), max: 2, prepare: true });
        await db.query((sql) => sql`select 1 as n`, 100).catch((error) => {
          assert.ok(error instanceof ProblemError && error.problem === "unavailable", error);
          lost++;
        });
        await db.close();
        server.close();
      }
      assert.ok(lost > times / 2, `only ${lost} of ${times} greetings were cut`);
    });
  });
}
