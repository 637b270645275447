/** A person at a consent page, without a browser. */
export interface Answer {
  readonly person: string;
  /** `allow` without it. */
  readonly decision?: "allow" | "deny";
  /** Tick boxes left on; all that the page shows without it. */
  readonly scopes?: readonly string[];
  /** The device at Terra's page; its first offer without it. */
  readonly resource?: string;
}

/**
 * Opens the consent page at `pageUrl`, answers its form, and returns where the provider sends the
 * person. `pageUrl` is already the sandbox's own. Throws where the page shows no form.
 */
export async function answerConsent(pageUrl: string | URL, answer: Answer): Promise<URL> {
  const page = await fetch(pageUrl);
  const html = await page.text();
  if (!html.includes("<form")) throw new Error(`Cannot answer consent page: ${page.status}`);
  const offered = [...html.matchAll(/name="scope" value="([^"]*)"/g)].map((match) =>
    match[1] ?? ""
  );
  const form = new URLSearchParams({
    person: answer.person,
    decision: answer.decision ?? "allow",
    ...(answer.resource ? { resource: answer.resource } : {}),
  });
  for (const scope of answer.scopes ?? offered) form.append("scope", scope);
  const response = await fetch(pageUrl, { method: "POST", body: form, redirect: "manual" });
  await response.arrayBuffer();
  const target = response.headers.get("location");
  if (!target) throw new Error(`Cannot follow consent page: ${response.status}`);
  return new URL(target);
}
