/**
 * The part of Supabase Auth that an unmodified supabase-js needs to sign a person in, with its answers
 * and error codes: https://github.com/supabase/auth. Sessions live in the database, as there.
 */
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { z } from "zod";
import type { Database } from "@shared/db/client.ts";
import { randomSecret } from "./private_file.ts";
import { TOKEN_SECONDS, type Tokens } from "./tokens.ts";

/** A token used twice within this time is a client that lost an answer, not a thief. */
const REUSE_SECONDS = 10;

export interface AuthOptions {
  readonly database: Database;
  readonly tokens: Tokens;
}

interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly created_at: Date;
}

const passwordGrant = z.object({ email: z.string(), password: z.string() });
const refreshGrant = z.object({ refresh_token: z.string() });

/** Serves the routes below `/auth/v1`. */
export function createAuth({ database, tokens }: AuthOptions): Hono {
  const app = new Hono().basePath("/auth/v1");
  app.use(cors({
    origin: "*",
    allowHeaders: [
      "authorization",
      "x-client-info",
      "apikey",
      "content-type",
      "x-supabase-api-version",
    ],
    allowMethods: ["GET", "POST", "OPTIONS"],
  }));
  app.get("/.well-known/jwks.json", (c) => {
    c.header("cache-control", "public, max-age=600");
    return c.json(tokens.jwks);
  });
  app.use(async (c, next) => {
    const key = c.req.header("apikey") ?? c.req.query("apikey");
    if (key && await tokens.isProjectKey(key)) return await next();
    return c.json({ message: key ? "Invalid API key" : "No API key found in request" }, 401);
  });

  app.post("/token", async (c) => {
    const body: unknown = await c.req.json().catch(() => undefined);
    const grant = c.req.query("grant_type");
    if (grant === "password") return await signIn(c, passwordGrant.safeParse(body).data);
    if (grant === "refresh_token") return await refresh(c, refreshGrant.safeParse(body).data);
    return refuse(c, 400, "validation_failed", "unsupported_grant_type");
  });
  app.get("/user", async (c) => {
    const found = await current(c);
    if (!found) return refuse(c, 403, "bad_jwt", "invalid JWT or session");
    return c.json(publicUser(found.user));
  });
  app.post("/logout", async (c) => {
    const found = await current(c);
    if (!found) return refuse(c, 403, "bad_jwt", "invalid JWT or session");
    const { user, sessionId } = found;
    const scope = c.req.query("scope") ?? "global";
    await database.query((sql) =>
      sql`
        delete from auth.sessions where user_id = ${user.id} and case ${scope}
          when 'local' then id = ${sessionId} when 'others' then id <> ${sessionId} else true end`
    );
    return c.body(null, 204);
  });
  app.all("*", (c) => refuse(c, 404, "not_found", "the local stack has no such route"));
  return app;

  async function signIn(c: Context, body: z.output<typeof passwordGrant> | undefined) {
    const [user] = body
      ? await database.query((sql) =>
        sql<UserRow[]>`
          update auth.users set last_sign_in_at = now()
          where lower(email) = lower(${body.email})
            and encrypted_password = extensions.crypt(${body.password}, encrypted_password)
          returning id, email, created_at`
      )
      : [];
    if (!user) return refuse(c, 400, "invalid_credentials", "Invalid login credentials");
    const [session] = await database.query((sql) =>
      sql<{ id: string; created_at: Date }[]>`
        insert into auth.sessions (user_id) values (${user.id}) returning id, created_at`
    );
    if (!session) throw new Error("Cannot sign in: no session was made");
    return c.json(await issue(user, session, null));
  }

  /** Each token works once; an old one ends the whole session, for two hold it then. */
  async function refresh(c: Context, body: z.output<typeof refreshGrant> | undefined) {
    const [found] = body
      ? await database.query((sql) =>
        sql`
          select t.token, t.revoked, t.session_id, s.created_at as signed_in_at,
            u.id, u.email, u.created_at,
            t.updated_at > now() - make_interval(secs => ${REUSE_SECONDS}) as recent
          from auth.refresh_tokens t
          join auth.sessions s on s.id = t.session_id
          join auth.users u on u.id = t.user_id
          where t.token = ${body.refresh_token}`
      )
      : [];
    if (!found) {
      return refuse(
        c,
        400,
        "refresh_token_not_found",
        "Invalid Refresh Token: Refresh Token Not Found",
      );
    }
    if (found["revoked"] && !found["recent"]) {
      await database.query((sql) =>
        sql`delete from auth.sessions where id = ${found["session_id"]}`
      );
      return refuse(c, 400, "refresh_token_already_used", "Invalid Refresh Token: Already Used");
    }
    if (!found["revoked"]) {
      await database.query((sql) =>
        sql`
          update auth.refresh_tokens set revoked = true, updated_at = now()
          where token = ${found["token"]}`
      );
    }
    const user = { id: found["id"], email: found["email"], created_at: found["created_at"] };
    const session = { id: found["session_id"], created_at: found["signed_in_at"] };
    return c.json(await issue(user, session, found["token"]));
  }

  async function issue(
    user: UserRow,
    session: { readonly id: string; readonly created_at: Date },
    parent: string | null,
  ) {
    const refreshToken = randomSecret();
    await database.query((sql) =>
      sql`
        insert into auth.refresh_tokens (token, user_id, session_id, parent)
        values (${refreshToken}, ${user.id}, ${session.id}, ${parent})`
    );
    const { token, expiresAt } = await tokens.session({
      sub: user.id,
      email: user.email,
      session_id: session.id,
      signedInAt: Math.floor(session.created_at.getTime() / 1_000),
    });
    return {
      access_token: token,
      token_type: "bearer",
      expires_in: TOKEN_SECONDS,
      expires_at: expiresAt,
      refresh_token: refreshToken,
      user: publicUser(user),
    };
  }

  /** The bearer's person, if the token is ours and its session has not ended. */
  async function current(
    c: Context,
  ): Promise<{ readonly user: UserRow; readonly sessionId: string } | undefined> {
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const session = bearer ? await tokens.read(bearer) : undefined;
    if (!session) return undefined;
    const [user] = await database.query((sql) =>
      sql<UserRow[]>`
        select u.id, u.email, u.created_at
        from auth.users u join auth.sessions s on s.user_id = u.id
        where s.id = ${session.sessionId} and u.id = ${session.sub}`
    );
    return user ? { user, sessionId: session.sessionId } : undefined;
  }
}

/** Makes the person, or gives them this password again; answers their id. */
export async function ensureUser(
  database: Database,
  email: string,
  password: string,
): Promise<string> {
  const [user] = await database.query((sql) =>
    sql<{ id: string }[]>`
    insert into auth.users as u
      (aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data)
    values ('authenticated', 'authenticated', ${email},
      extensions.crypt(${password}, extensions.gen_salt('bf')), now(),
      '{"provider": "email", "providers": ["email"]}')
    on conflict (email) where not is_sso_user do update set encrypted_password =
      case when extensions.crypt(${password}, u.encrypted_password) = u.encrypted_password
        then u.encrypted_password else excluded.encrypted_password end
    returning id`
  );
  if (!user) throw new Error("Cannot make a demo user: nothing was stored");
  return user.id;
}

function publicUser(user: UserRow) {
  const created = user.created_at.toISOString();
  return {
    id: user.id,
    aud: "authenticated",
    role: "authenticated",
    email: user.email,
    email_confirmed_at: created,
    phone: "",
    app_metadata: { provider: "email", providers: ["email"] },
    user_metadata: { email_verified: true },
    identities: [],
    created_at: created,
    updated_at: created,
    is_anonymous: false,
  };
}

function refuse(c: Context, status: 400 | 403 | 404, errorCode: string, msg: string) {
  return c.json({ code: status, error_code: errorCode, msg }, status);
}
