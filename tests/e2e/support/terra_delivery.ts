import { createHmac } from "node:crypto";
import { KEYS } from "./functions_world.ts";

/** A delivery as Terra signs it; `signed` where the signature is of another body. */
export function terraDelivery(
  body: string,
  p: { readonly ageSeconds?: number; readonly signed?: string } = {},
) {
  const time = Math.floor(Date.now() / 1_000) - (p.ageSeconds ?? 0);
  const mac = createHmac("sha256", KEYS.terra.webhookSecret)
    .update(`${time}.${p.signed ?? body}`).digest("hex");
  return {
    method: "POST",
    body,
    headers: { "content-type": "application/json", "terra-signature": `t=${time},v1=${mac}` },
  };
}
