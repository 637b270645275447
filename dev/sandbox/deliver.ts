import { SECOND } from "@shared/core/time.ts";

export interface Delivery {
  readonly id: string;
  readonly provider: string;
  readonly url: string;
  readonly body: string;
  /** Signed anew for each attempt where the signature holds a time. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  /** What the provider waits for an answer. */
  readonly timeoutSeconds: number;
  readonly attempts: number;
  /** After each attempt. */
  readonly onStatus?: (status: number | "failed") => void;
}

export interface DeliveryRecord {
  readonly id: string;
  readonly provider: string;
  readonly url: string;
  readonly statuses: readonly (number | "failed")[];
  readonly state: "pending" | "delivered" | "given_up";
}

export interface Courier {
  /** Returns at once; retries until a 2xx or 3xx, or until the attempts are used up. */
  send(delivery: Delivery): void;
  /** Sends again what was sent before, as providers now and then do. Unknown ids do nothing. */
  replay(id: string): void;
  readonly log: readonly DeliveryRecord[];
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  stop(): void;
}

/**
 * Delivers webhooks as providers do, at least once. They wait minutes between attempts; the sandbox
 * waits `retrySeconds`, doubled each time up to a minute, so that a lost delivery shows soon.
 */
export function createCourier(retrySeconds: number): Courier {
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const sent = new Map<string, Delivery>();
  const records = new Map<string, DeliveryRecord>();

  async function attempt(delivery: Delivery): Promise<number | "failed"> {
    try {
      const response = await fetch(delivery.url, {
        method: "POST",
        headers: { "content-type": "application/json", ...await delivery.headers() },
        body: delivery.body,
        redirect: "manual",
        signal: AbortSignal.any([
          stopping.signal,
          AbortSignal.timeout(delivery.timeoutSeconds * SECOND),
        ]),
      });
      // Read to its end: a cancelled body would hold the connection on Deno 2.1.4.
      await response.arrayBuffer();
      return response.status;
    } catch {
      return "failed";
    }
  }

  async function run(delivery: Delivery): Promise<void> {
    const statuses: (number | "failed")[] = [];
    const { id, provider, url } = delivery;
    const write = (state: DeliveryRecord["state"]) =>
      records.set(id, { id, provider, url, statuses: [...statuses], state });
    write("pending");
    for (let n = 0; n < delivery.attempts && !stopping.signal.aborted; n++) {
      if (n > 0) await pause(Math.min(60, retrySeconds * 2 ** (n - 1)), stopping.signal);
      const status = await attempt(delivery);
      statuses.push(status);
      delivery.onStatus?.(status);
      if (status !== "failed" && status < 400) return void write("delivered");
      write("pending");
      if (status === 410) break;
    }
    write("given_up");
  }

  const send = (delivery: Delivery) => {
    sent.set(delivery.id, delivery);
    const job = run(delivery).finally(() => underWay.delete(job));
    underWay.add(job);
  };

  return {
    send,
    replay(id) {
      const delivery = sent.get(id);
      if (delivery) send(delivery);
    },
    get log() {
      return [...records.values()];
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    stop() {
      stopping.abort();
    },
  };
}

/** Ends early, and without an error, when `signal` says so. */
export function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * SECOND);
    if (signal?.aborted) done();
    else signal?.addEventListener("abort", done);
  });
}
