/** What a provider's own page asks the person. */
export interface ConsentPage {
  readonly provider: string;
  readonly clientId: string;
  readonly people: readonly string[];
  /** Tick boxes named `scope`; none where the provider has only one scope. */
  readonly scopes: readonly string[];
  /** Choices of `resource` where the page links one of several services (Terra). */
  readonly services?: readonly string[];
}

/**
 * The page is a plain form, so that a program can drive it: it posts `person`, `scope` (repeated),
 * `resource` and `decision` = `allow` or `deny` back to its own address.
 */
export function consentPage(page: ConsentPage): string {
  const people = page.people.map((id) => `<option>${escape(id)}</option>`).join("");
  const scopes = page.scopes.map((scope) =>
    `<label><input type="checkbox" name="scope" value="${escape(scope)}" checked> ${
      escape(scope)
    }</label>`
  ).join("\n");
  const services = page.services?.map((name) => `<option>${escape(name)}</option>`).join("");
  return html(
    `${page.provider} sandbox`,
    `<p><strong>${escape(page.clientId)}</strong> asks for your data.</p>
<form method="post">
<label>You are <select name="person">${people}</select></label>
${services ? `<label>Your device <select name="resource">${services}</select></label>` : ""}
${scopes}
<p><button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></p>
</form>`,
  );
}

export function refusalPage(provider: string, reason: string): string {
  return html(`${provider} sandbox`, `<p>This request cannot be shown: ${escape(reason)}.</p>`);
}

function html(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>
body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 28rem; margin: 4rem auto; padding: 0 1rem }
label { display: block; margin: .4rem 0 } button, select { font: inherit; padding: .3rem 1rem }
small { color: #555 }
</style>
</head>
<body>
<h1>${escape(title)}</h1>
${body}
<p><small>A pretend provider on this machine. No real account is touched.</small></p>
</body>
</html>
`;
}

function escape(text: string): string {
  const names: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot" };
  return text.replace(/[&<>"]/g, (char) => `&${names[char]};`);
}
