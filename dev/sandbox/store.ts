/** One person's consent to one client at one issuer, with its tokens. Times are epoch ms. */
export interface Grant {
  readonly id: string;
  readonly issuer: string;
  readonly person: string;
  readonly scopes: readonly string[];
  access: { readonly token: string; readonly expiresAt: number }[];
  refresh: { readonly token: string; readonly expiresAt: number };
  /** Refresh tokens that were used, newest last. */
  spent: { readonly token: string; readonly at: number; readonly ended?: true }[];
  revoked: boolean;
}

export interface OuraSubscription {
  readonly id: string;
  callbackUrl: string;
  eventType: string;
  dataType: string;
  verificationToken: string;
  expiresAt: number;
}

export interface StravaSubscription {
  readonly id: number;
  readonly callbackUrl: string;
}

/** One a person and category. */
export interface WithingsSubscription {
  readonly person: string;
  readonly appli: number;
  readonly callbackUrl: string;
  /** Deliveries that failed in a row. */
  failures?: number;
}

/** A user that the app made at Junction; without a person until a service is linked. */
export interface JunctionUser {
  readonly userId: string;
  readonly clientUserId: string;
  readonly createdOn: string;
  person?: string;
  /** Absent again when the service let the person go. */
  provider?: string;
}

/** A user that the app provisioned at Validic; without a person until a source is connected. */
export interface ValidicUser {
  readonly id: string;
  readonly uid: string;
  readonly createdAt: string;
  marketplaceToken: string;
  person?: string;
  source?: { readonly type: string; readonly connectedAt: string };
}

/** A user at Spike: the app's first authentication makes it, and a person who links gives it a service. */
export interface SpikeUser {
  readonly userId: string;
  readonly createdAt: string;
  person?: string;
  service?: string;
}

/** A user at ROOK, by the id that the app gave it; there is none before a service is linked. */
export interface RookUser {
  readonly userId: string;
  readonly person: string;
  readonly services: readonly string[];
  readonly linkedAt: string;
}

/** A person's device linked through Terra. A new link has a new id. */
export interface TerraConnection {
  readonly userId: string;
  readonly person: string;
  readonly provider: string;
  readonly referenceId: string | null;
  readonly createdAt: string;
  readonly scopes: string;
  active: boolean;
  lastWebhookUpdate: string | null;
}

/** Something that `publish` added or took away, on top of what time brings by itself. */
export interface Published {
  readonly person: string;
  readonly provider: string;
  readonly resource: string;
  readonly at: string;
  readonly serial: number;
  readonly action: "create" | "update" | "delete";
  readonly recordId?: string;
}

/** Everything that changes, as plain JSON, so that a restarted sandbox still knows its tokens. */
export interface SandboxState {
  /** When everyone put on their devices: there is no data before. */
  historyStart: string;
  clockOffsetMs: number;
  serial: number;
  grants: Grant[];
  subscriptions: OuraSubscription[];
  /** An app has one. */
  stravaSubscription?: StravaSubscription;
  withingsSubscriptions?: WithingsSubscription[];
  /** People whom the app has registered with Polar. */
  polarUsers?: string[];
  connections: TerraConnection[];
  junctionUsers?: JunctionUser[];
  validicUsers?: ValidicUser[];
  spikeUsers?: SpikeUser[];
  rookUsers?: RookUser[];
  published: Published[];
}

export interface Store {
  readonly state: SandboxState;
  save(): void;
}

export function openStore(initial: SandboxState, path?: string): Store {
  const state = (path ? read(path) : undefined) ?? initial;
  return {
    state,
    save() {
      if (!path) return;
      Deno.writeTextFileSync(`${path}.new`, JSON.stringify(state));
      Deno.renameSync(`${path}.new`, path);
    },
  };
}

function read(path: string): SandboxState | undefined {
  try {
    // SAFETY: the file is written by `save` alone.
    return JSON.parse(Deno.readTextFileSync(path)) as SandboxState;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
