import { METRIC_CODES, METRICS } from "@shared/catalog/metrics.ts";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import { KNOWN } from "@shared/providers/names.ts";
import { markdownTable, type Output } from "./output.ts";

/** What each provider gives and asks for: coverage is read off the drivers, so it cannot drift. */
export function providersMd(drivers: readonly ProviderDriver[]): Output {
  const overviews = markdownTable(
    ["provider", "link", "history", "news", "limits", "raw kept", "AI use"],
    drivers.map(overview),
  );
  const metrics = markdownTable(
    ["metric", "unit", ...drivers.map((driver) => driver.name)],
    coverage(drivers),
  );
  return {
    path: "docs/providers.md",
    text: `<!-- Generated from shared/providers/ by \`deno task generate\`: change it there. -->
# Providers

${overviews}
## Other names, and services that are not linked

${markdownTable(["service", "also known as", "instead"], services(drivers))}
## Metrics

Codes are the catalog's. Sleep and workouts are sessions, with their metrics inside.

${metrics}
## Resources

${drivers.map(resources).join("\n")}`,
  };
}

function linkOf({ link }: ProviderDriver): string {
  if (link.kind === "oauth2") return `OAuth 2${link.pkce ? " with PKCE" : ""}`;
  const services = link.kind === "widget" ? link.services ?? [] : [];
  return services.length > 0 ? `${link.kind}, one of ${services.length} services` : link.kind;
}

function overview(driver: ProviderDriver): readonly string[] {
  const { history, limits = [], policy, webhook } = driver;
  return [
    `[${driver.name}](${driver.docs}) \`${driver.slug}\``,
    linkOf(driver),
    history ? `${history.maxDays} days, ${history.kind === "pull" ? "read" : "on request"}` : "",
    webhook ? "webhook" : driver.resources.some(({ poll }) => poll) ? "polled" : "",
    limits.map((l) => `${l.requests} in ${l.perSeconds} s per ${l.scope}`).join("; "),
    policy.rawDays === undefined ? "as long as ours" : `${policy.rawDays} days`,
    `[${policy.aiUse}](${policy.terms})`,
  ];
}

/** What an app may ask for by another name, or in vain. */
function services(drivers: readonly ProviderDriver[]): (readonly string[])[] {
  const linked = new Set(drivers.map(({ slug }) => slug));
  return KNOWN.flatMap(({ slug, aliases = [], successor, unavailable }) => {
    const instead = unavailable
      ? `[${unavailable.reason}](${unavailable.source})`
      : successor
      ? `links through \`${successor}\``
      : "";
    const isWorthALine = instead !== "" || aliases.length > 0 && linked.has(slug);
    const names = aliases.map((alias) => `\`${alias}\``).join(" ");
    return isWorthALine ? [[`\`${slug}\``, names, instead]] : [];
  });
}

/** One row a metric that anyone gives; a metric that nobody gives is not listed. */
function coverage(drivers: readonly ProviderDriver[]): (readonly string[])[] {
  const given = drivers.map((driver) => new Set(driver.resources.flatMap((r) => r.produces)));
  return METRIC_CODES.filter((code) => given.some((metrics) => metrics.has(code))).map((code) => [
    `\`${code}\``,
    METRICS[code].unit,
    ...given.map((metrics) => metrics.has(code) ? "●" : ""),
  ]);
}

function resources(driver: ProviderDriver): string {
  const rows = driver.resources.map(({ name, produces, sessions = [], scope, poll }) => [
    `\`${name}\``,
    produces.map((code) => `\`${code}\``).join(" "),
    sessions.join(", "),
    scope ? `\`${scope}\`` : "",
    poll ? `every ${poll.everyMinutes} min, the last ${poll.trailingHours} h` : "",
  ]);
  const head = ["resource", "metrics", "sessions", "scope", "read again"];
  return `### ${driver.name}\n\n${markdownTable(head, rows)}`;
}
