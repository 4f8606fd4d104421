/** Opens what a platform reads from its streams: apps, their hosts, the claims of automations, and tokens. */
import { fingerprint } from "../../identity/identity.ts";
import type { MemberIdentity } from "../apps/accept-change.ts";
import type { App } from "../apps/app.ts";
import { Apps } from "../apps/apps.ts";
import { AppCheckpoints } from "../apps/checkpoints/app-checkpoints.ts";
import { HostNames } from "../apps/host-names.ts";
import type { LocalIdentity } from "../apps/local-environment.ts";
import { type Log, NO_LOG } from "../faults/log.ts";
import type { Clock } from "../machine/clock.ts";
import { Claims } from "../schedule/claims.ts";
import { isListed } from "../schedule/listed-claims.ts";
import { checkOrigin } from "../store/sealed/origin.ts";
import { SealedStore } from "../store/sealed/sealed-store.ts";
import { sharedStore } from "../store/several-nodes.ts";
import type { Store } from "../store/store.ts";
import { TokenRegistry } from "../tokens/tokens.ts";

/** The platform's identity. */
export type CoreIdentity = MemberIdentity &
	LocalIdentity & { readonly publicKeys: Readonly<Record<"sign" | "box", string>> };

export interface Streams {
	readonly store: SealedStore;
	readonly checkpoints: AppCheckpoints;
	readonly apps: Apps;
	readonly hosts: HostNames;
	readonly claims: Claims;
	readonly tokens: TokenRegistry;
}

/** They are called from when the streams are open, and may be replaced. */
export interface StreamCallbacks {
	/** The functions of an app have changed. */
	onFunctions: (app: string) => void;
	/** Another node has deleted an app. */
	onDeletedElsewhere: (app: App) => Promise<void>;
}

export interface StreamsOptions {
	readonly clock: Clock;
	readonly identity: CoreIdentity;
	readonly log?: Log;
	readonly originFile?: string | undefined;
	readonly store: Store;
}

/**
 * Reads all streams.
 * @throws AppError exit 7 if a stream is damaged or altered
 */
export async function openStreams(
	{ clock, identity, log = NO_LOG, originFile, store: raw }: StreamsOptions,
	callbacks: StreamCallbacks,
): Promise<Streams> {
	const key = identity.stateKey;
	const store = await SealedStore.open(raw, key);
	if (originFile !== undefined) await checkOrigin(store, originFile);
	const checkpoints = new AppCheckpoints({
		store,
		onUnused: (app, reason) =>
			log.warn({ app, reason }, "a checkpoint is not used, and the whole history of the app is read"),
	});
	let catchUp = async () => {};
	const onEntry = () => catchUp();
	const isShared = sharedStore(raw) !== undefined;
	const apps = await Apps.open({
		...{ store, checkpoints, identity, now: clock.now, isShared, onEntry },
		onFunctions: (app) => callbacks.onFunctions(app),
		onDeletedElsewhere: (app) => callbacks.onDeletedElsewhere(app),
	});
	const hosts = await HostNames.open({ store, key, now: clock.now });
	const readApps = isShared ? () => readAll(apps) : undefined;
	const claims = await Claims.open({ store, key, isListed: (claim) => isListed(apps, claim), readApps });
	const registry = { store, fingerprint: fingerprint(identity.publicKeys), stateKey: key };
	const tokens = await TokenRegistry.open(registry);
	catchUp = async () => {
		await tokens.catchUp();
		await hosts.catchUp();
	};
	// The streams are checked before the whole store, because an error about one stream is more specific.
	store.check();
	return { store, checkpoints, apps, hosts, claims, tokens };
}

/** Reads what other nodes have appended for all apps. */
async function readAll(apps: Apps): Promise<void> {
	await apps.catchUp();
	for (const app of apps.list()) if (!app.retired.aborted) await app.catchUp();
}
