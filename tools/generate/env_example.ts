import { credentialNames, needsClient, previous } from "@shared/config/credentials.ts";
import { SETTINGS } from "@shared/config/settings.ts";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import type { Output } from "./output.ts";

/** Every setting there is. Lines are comments, so that a copy sets nothing by accident. */
export function envExample(drivers: readonly ProviderDriver[]): Output {
  const settings = Object.entries(SETTINGS.shape).map(([name, schema]) => {
    const { description = "", example = "" } = schema.meta() ?? {};
    return `# ${description}\n# ${name}=${example}\n`;
  });
  const providers = drivers.map(providerBlock).filter(Boolean);
  return {
    path: ".env.example",
    text:
      `# Generated from shared/config/ and the providers by \`deno task generate\`: change it there.
# Take away the \`# \` of what you set. An empty value is an error: unset what you do not use.

${settings.join("\n")}
# Providers. One without credentials is not offered; one with half of them is an error at start.
# Beside each secret, *_PREVIOUS keeps the old one accepted while webhooks still come signed with it.

${providers.join("\n")}`,
  };
}

function providerBlock(driver: ProviderDriver): string {
  const names = credentialNames(driver);
  const lines: string[] = [];
  if (needsClient(driver)) lines.push(names.clientId, names.clientSecret);
  if (names.apiKey !== undefined) lines.push(names.apiKey);
  if (driver.webhook) {
    if (driver.webhook.signedWith === "webhook") {
      lines.push(names.webhookSecret, previous(names.webhookSecret));
    } else lines.push(previous(names.clientSecret));
    if (driver.webhook.handshake) lines.push(names.verifyToken);
  }
  if (driver.link.kind === "oauth2") lines.push(names.scopes);
  const regions = Object.keys(driver.regions ?? {});
  if (regions.length > 0) lines.push(names.region);
  const bases = driver.apiBases ?? [];
  if (bases.length > 0) lines.push(names.apiBase);
  if (lines.length === 0) return "";
  const head = [
    `# ${driver.name}, ${driver.docs}`,
    ...(regions.length > 0 ? [`# ${names.region}: ${regions.join(", ")}`] : []),
    ...(bases.length > 0 ? [`# ${names.apiBase}: ${bases.join(", ")}`] : []),
  ];
  return [...head, ...lines.map((name) => `# ${name}=`), ""].join("\n");
}
