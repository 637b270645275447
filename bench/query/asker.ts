/// <reference lib="deno.worker" />
/** Asks one server over one connection, and measures that: the worker behind `client.ts`. */
import type { Answer, Question } from "./client.ts";

const LARGEST = 1 << 21;
/** More than any of our heads. */
const HEAD = 4_096;

async function connect(url: string) {
  const { hostname, port, host } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const buffer = new Uint8Array(LARGEST);
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

  /** Reads on until there are so many bytes. */
  async function fill(from: number, enough: (bytes: number) => boolean): Promise<number> {
    let bytes = from;
    while (!enough(bytes)) {
      const read = await connection.read(buffer.subarray(bytes));
      if (read === null) throw new Error("Cannot compare: the server closed the connection");
      bytes += read;
    }
    return bytes;
  }

  return async ({ path, headers }: Question): Promise<Answer> => {
    const start = performance.now();
    const lines = Object.entries({ host, ...PLAIN, ...headers }).map(([k, v]) => `${k}: ${v}\r\n`);
    await connection.write(encoder.encode(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`));
    let head = "";
    const bytes = await fill(0, (so) => {
      if (so > 0) head = decoder.decode(buffer.subarray(0, Math.min(so, HEAD)));
      return head.includes("\r\n\r\n");
    });
    if (!head.startsWith("HTTP/1.1 200")) throw new Error(`Cannot compare: ${head}`);
    const before = head.indexOf("\r\n\r\n") + 4;
    const body = Number(/^content-length: (\d+)\r$/im.exec(head)?.[1]);
    await fill(bytes, (so) => so >= before + body);
    return { bytes: body, ms: performance.now() - start };
  };
}

/** Else the runtime compresses the answer, 1 to 3 ms for 300 kB, which is not the function's work. */
const PLAIN = { "accept-encoding": "identity" };

const ask = connect(new URL(import.meta.url).searchParams.get("server") ?? "");
self.onmessage = async ({ data }: MessageEvent<Question>) => {
  self.postMessage(await (await ask)(data));
};
