/** A function that tells what it may do and what it was given. */
const started = crypto.randomUUID();

async function attempt(work: () => unknown): Promise<string> {
  try {
    await work();
    return "allowed";
  } catch (error) {
    return error instanceof Error ? error.name : "failed";
  }
}

async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (url.pathname.endsWith("/die")) {
    setTimeout(() => {
      throw new Error("asked to die");
    });
    return new Response("dying");
  }
  if (url.pathname.endsWith("/hold")) {
    setInterval(() => {}, 1_000); // like an idle connection of a pool: something to wait for
    return new Response("holding");
  }
  const target = url.searchParams.get("connect");
  return Response.json({
    started,
    env: Object.keys(Deno.env.toObject()),
    read: await attempt(() => Deno.readTextFile("deno.json")),
    write: await attempt(() => Deno.writeTextFile("x", "")),
    run: await attempt(() => new Deno.Command("true").output()),
    ...(target
      ? {
        connect: await attempt(() => Deno.connect({ hostname: "127.0.0.1", port: Number(target) })),
      }
      : {}),
  });
}

export default { fetch: answer };
