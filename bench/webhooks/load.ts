/** Signed deliveries, and Debian's wrk to send them. */
import { createHmac, randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { failure } from "../../dev/failure.ts";

/** TEST KEY */
export const SIGNING_SECRET = "test-key-terra-signing";

/** Connections that send, each its next delivery when the last was answered. */
const CONNECTIONS = 64;
const SCRIPT = fileURLToPath(new URL("./load.lua", import.meta.url));

export interface Sent {
  /** Answered 2xx, a second. */
  readonly rate: number;
  readonly acknowledged: number;
  /** Other statuses, broken connections, timeouts. */
  readonly failed: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Writes `count` distinct deliveries of about 700 bytes, signed now: Terra's signatures last 5 minutes. */
export async function writeDeliveries(path: string, count: number): Promise<void> {
  const time = Math.floor(Date.now() / 1_000);
  const lines: string[] = [];
  for (let n = 0; n < count; n++) {
    const body = delivery(n);
    const mac = createHmac("sha256", SIGNING_SECRET).update(`${time}.${body}`).digest("hex");
    lines.push(`t=${time},v1=${mac}\t${randomUUID()}\t${body}\n`);
  }
  await Deno.writeTextFile(path, lines.join(""));
}

function delivery(n: number): string {
  return JSON.stringify({
    type: "daily",
    user: { user_id: randomUUID(), provider: "GARMIN", reference_id: randomUUID() },
    data: [{
      metadata: {
        start_time: "2026-02-01T00:00:00.000000+00:00",
        end_time: "2026-02-02T00:00:00.000000+00:00",
        upload_type: 0,
        timestamp_localization: 0,
      },
      heart_rate_data: {
        summary: { avg_hr_bpm: 60 + n % 40, min_hr_bpm: 45.5, max_hr_bpm: 150.25 },
        detailed: {
          hr_samples: [
            { timestamp: "2026-02-01T00:01:00.000000+00:00", bpm: 61 },
            { timestamp: "2026-02-01T00:02:00.000000+00:00", bpm: 62 },
          ],
        },
      },
      distance_data: { steps: 10_000 + n, distance_meters: 7_012.5 },
      calories_data: { total_burned_calories: 2_300.5, BMR_calories: 1_700 },
    }],
  });
}

/** Throws `StackFailure` in one line where wrk is not installed. */
export async function send(url: string, deliveries: string, seconds: number): Promise<Sent> {
  const command = new Deno.Command("wrk", {
    args: ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "-s", SCRIPT, url, "--", deliveries],
  });
  const output = await command.output().catch((error) => {
    throw failure("Cannot send webhooks: install Debian's wrk", error);
  });
  const text = new TextDecoder().decode(output.stdout);
  const line = text.split("\n").find((one) => one.startsWith("{"));
  if (!line) throw failure(`Cannot send webhooks: ${new TextDecoder().decode(output.stderr)}`);
  // SAFETY: written by load.lua.
  const heard = JSON.parse(line) as Record<string, number>;
  const { requests = 0, refused = 0, failed = 0, microseconds = NaN, p50 = NaN, p99 = NaN } = heard;
  const acknowledged = requests - refused;
  return {
    rate: acknowledged / microseconds * 1e6,
    acknowledged,
    failed: refused + failed,
    p50,
    p99,
  };
}
