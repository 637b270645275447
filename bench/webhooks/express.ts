/**
 * A receiver as the seed describes it: Express verifies the signature, inserts the event with pg and adds
 * the job to BullMQ. Event and job are in two systems: a crash between them loses the job. Runs on Node.
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import process from "node:process";
import { load } from "../queue/packages.ts";

interface Request {
  readonly body: Buffer;
  readonly params: { readonly provider: string };
  get(name: string): string | undefined;
}
interface Response {
  sendStatus(status: number): void;
}
type Route = (request: Request, response: Response) => Promise<void>;
interface Express {
  default:
    & (() => {
      post(path: string, body: unknown, route: Route): void;
      listen(port: number, host: string): void;
    })
    & { raw(options: object): unknown };
}
interface Pg {
  default: {
    Pool: new (options: object) => {
      query(text: string, values: readonly unknown[]): Promise<{ rows: { id: string }[] }>;
    };
  };
}
interface BullMq {
  Queue: new (name: string, options: object) => {
    add(name: string, data: object, options: object): Promise<unknown>;
  };
}

const env = process.env;
const [{ default: express }, { default: pg }, { Queue }] = await Promise.all([
  load<Express>("express"),
  load<Pg>("pg"),
  load<BullMq>("bullmq"),
]);
const pool = new pg.Pool({ connectionString: env["BENCH_DATABASE_URL"], max: 10 });
const connection = { host: "127.0.0.1", port: Number(env["BENCH_REDIS_PORT"]) };
const queue = new Queue("webhook-processing", { connection });
const secret = env["TERRA_WEBHOOK_SECRET"] ?? "";

function isSigned(request: Request): boolean {
  const [, time, signature] =
    /^t=(\d+),v1=([\da-f]{64})$/.exec(request.get("terra-signature") ?? "") ?? [];
  if (time === undefined || signature === undefined) return false;
  const mac = createHmac("sha256", secret).update(`${time}.`).update(request.body).digest();
  return timingSafeEqual(mac, Buffer.from(signature, "hex"));
}

const app = express();
app.post(
  "/webhooks/:provider",
  express.raw({ type: "application/json" }),
  async (request, response) => {
    if (!isSigned(request)) return response.sendStatus(401);
    const event = JSON.parse(request.body.toString());
    const { rows: [stored] } = await pool.query(
      "insert into bench.seed_events (provider, event_id, payload) values ($1, $2, $3) on conflict (provider, event_id) do nothing returning id",
      [request.params.provider, request.get("x-terra-trace-id"), event],
    );
    if (stored) {
      await queue.add("process-webhook", { eventId: stored.id }, {
        jobId: `webhook-${stored.id}`,
        attempts: 3,
        backoff: { type: "exponential", delay: 3_000 },
        removeOnComplete: true,
      });
    }
    response.sendStatus(200);
  },
);
app.listen(Number(env["BENCH_PORT"]), "127.0.0.1");
