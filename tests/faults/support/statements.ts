const decoder = new TextDecoder();

/**
 * Reads what a client asks of Postgres from the bytes it sends (protocol 3, "Message Formats"): the text
 * of each simple query, and of a prepared one whenever it is executed.
 */
export function readStatements(): (chunk: Uint8Array) => readonly string[] {
  let rest = new Uint8Array();
  let started = false;
  const prepared = new Map<string, string>();
  const portals = new Map<string, string>();

  function statementOf(type: string, body: Uint8Array): string | undefined {
    switch (type) {
      case "Q":
        return strings(body, 1)[0];
      case "P": {
        const [name = "", text = ""] = strings(body, 2);
        prepared.set(name, text);
        return undefined;
      }
      case "B": {
        const [portal = "", name = ""] = strings(body, 2);
        portals.set(portal, prepared.get(name) ?? "");
        return undefined;
      }
      case "E":
        return portals.get(strings(body, 1)[0] ?? "");
      default:
        return undefined;
    }
  }

  return (chunk) => {
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    const view = new DataView(bytes.buffer);
    const found: string[] = [];
    let at = 0;
    for (;;) {
      const head = started ? 1 : 0; // the first message has no type
      if (at + head + 4 > bytes.length) break;
      const end = at + head + view.getInt32(at + head);
      if (end > bytes.length) break;
      if (started) {
        const type = String.fromCharCode(bytes[at] ?? 0);
        const text = statementOf(type, bytes.subarray(at + 5, end));
        if (text !== undefined) found.push(text);
      }
      started = true;
      at = end;
    }
    rest = bytes.slice(at);
    return found;
  };
}

/** The first `count` strings of a message, each ended by a zero. */
function strings(body: Uint8Array, count: number): readonly string[] {
  const found: string[] = [];
  for (let at = 0; found.length < count;) {
    const end = body.indexOf(0, at);
    if (end < 0) break;
    found.push(decoder.decode(body.subarray(at, end)));
    at = end + 1;
  }
  return found;
}
