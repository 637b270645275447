// Shows ../openapi.json. `deno task start` serves this page too, with `local.json` beside it: there the
// operations can be tried, signed in as the demo person.
const isLocal = ["127.0.0.1", "localhost"].includes(location.hostname);
const local = isLocal ? await readLocal() : undefined;

const ui = globalThis.SwaggerUIBundle({
  url: "../openapi.json",
  dom_id: "#api",
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  supportedSubmitMethods: local ? ["get", "post", "put", "delete"] : [],
});

async function readLocal() {
  const response = await fetch("local.json");
  return response.ok ? await response.json() : undefined;
}

if (local) {
  const form = document.querySelector("#sign-in");
  form.hidden = false;
  form.elements.email.value = local.email;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const response = await fetch("/auth/v1/token?grant_type=password", {
      method: "POST",
      headers: { "content-type": "application/json", apikey: local.anonKey },
      body: JSON.stringify({
        email: form.elements.email.value,
        password: form.elements.password.value,
      }),
    });
    const answer = await response.json();
    if (response.ok) ui.preauthorizeApiKey("session", answer.access_token);
    form.querySelector("output").value = response.ok ? "Signed in" : answer.msg;
  });
}
