import { serve } from "../../dev/serve.ts";
/** As much of Supabase's management API as `supabase functions deploy` calls; it keeps what arrives. */

export const PROJECT_REF = "abcdefghijklmnopqrst";

/** One function as it was uploaded: paths are relative to the folder that holds `supabase/`. */
export interface Upload {
  readonly slug: string;
  readonly metadata: UploadMetadata;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface UploadMetadata {
  readonly entrypoint_path: string;
  readonly import_map_path?: string;
  readonly verify_jwt?: boolean;
}

export interface ManagementApi {
  readonly url: string;
  readonly uploads: ReadonlyMap<string, Upload>;
  stop(): Promise<void>;
}

export function startManagementApi(): ManagementApi {
  const uploads = new Map<string, Upload>();
  const server = serve((request) => {
    const { pathname, searchParams } = new URL(request.url);
    const project = `/v1/projects/${PROJECT_REF}`;
    switch (`${request.method} ${pathname}`) {
      case `GET ${project}`:
        return Response.json(PROJECT);
      case `GET ${project}/functions`:
        return Response.json([]);
      case `PUT ${project}/functions`:
        return Response.json({ functions: [] });
      case `POST ${project}/functions/deploy`:
        return receive(request, searchParams.get("slug") ?? "", uploads);
      default:
        return Response.json({ message: `Not found: ${pathname}` }, { status: 404 });
    }
  });
  return {
    url: server.url,
    uploads,
    stop: server.stop,
  };
}

async function receive(
  request: Request,
  slug: string,
  uploads: Map<string, Upload>,
): Promise<Response> {
  const form = await request.formData();
  const files = new Map<string, Uint8Array>();
  for (const part of form.getAll("file")) {
    if (part instanceof File) files.set(part.name, new Uint8Array(await part.arrayBuffer()));
  }
  const metadata = await readMetadata(form);
  uploads.set(slug, { slug, metadata, files });
  return Response.json({
    id: slug,
    slug,
    name: slug,
    status: "ACTIVE",
    version: 1,
    created_at: 1,
    updated_at: 1,
    verify_jwt: metadata.verify_jwt ?? true,
    import_map: metadata.import_map_path !== undefined,
    entrypoint_path: metadata.entrypoint_path,
    import_map_path: metadata.import_map_path,
    ezbr_sha256: "0",
  }, { status: 201 });
}

async function readMetadata(form: FormData): Promise<UploadMetadata> {
  const part = form.get("metadata");
  return JSON.parse(part instanceof File ? await part.text() : part ?? "{}");
}

const PROJECT = {
  id: PROJECT_REF,
  ref: PROJECT_REF,
  organization_id: "raphael",
  organization_slug: "raphael",
  name: "raphael",
  region: "eu-central-1",
  created_at: "2026-01-01T00:00:00Z",
  status: "ACTIVE_HEALTHY",
  database: {
    host: "127.0.0.1",
    version: "17",
    postgres_engine: "17",
    release_channel: "ga",
  },
} as const;
