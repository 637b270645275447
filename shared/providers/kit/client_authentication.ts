import type { ClientAuth } from "oauth4webapi";
import type { Client } from "../driver.ts";

/** The library encodes hyphens too, and servers that do not decode would then not know the client. */
export function basicAuthentication(client: Client): ClientAuth {
  return (_server, _client, _body, headers) =>
    headers.set("authorization", basicCredentials(client));
}

/** RFC 6749 section 2.3.1: both parts form-encoded, which leaves letters, digits and `*-._` alone. */
export function basicCredentials(client: Client): string {
  const [id, secret] = [client.id, client.secret.reveal()]
    .map((part) => new URLSearchParams({ "": part }).toString().slice(1));
  return `Basic ${btoa(`${id}:${secret}`)}`;
}
