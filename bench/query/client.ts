/**
 * Asks one server over one connection and leaves nothing behind: with `fetch` the collector of the process
 * that asks took up to 2.5 ms of a p95 that is to be the server's.
 */
export interface Client {
  /** Bytes of the answer's body; throws where it is not 200. */
  ask(path: string, headers?: Readonly<Record<string, string>>): Promise<number>;
  close(): void;
}

const LARGEST = 1 << 21;
/** More than any of our heads. */
const HEAD = 4_096;

export async function createClient(url: string): Promise<Client> {
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

  return {
    async ask(path, headers = {}) {
      const lines = Object.entries({ host, ...PLAIN, ...headers }).map(([k, v]) =>
        `${k}: ${v}\r\n`
      );
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
      return body;
    },
    close: () => connection.close(),
  };
}

/** Else the runtime compresses the answer, 1 to 3 ms for 300 kB, which is not the function's work. */
const PLAIN = { "accept-encoding": "identity" };
