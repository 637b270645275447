/** Starts a Postgres in the state folder of the first argument, says where, and waits to be killed. */
import { startPostgres } from "../../../dev/postgres.ts";

const [stateDir = "", cluster = ""] = Deno.args;
const { url } = await startPostgres({ stateDir, cluster, port: 0, log: console.error });
console.log(url);
await new Promise(() => setInterval(() => {}, 60_000));
