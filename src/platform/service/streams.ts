/** Opens what a platform reads from its streams: apps, their hosts, the claims of automations, and tokens. */
import { fingerprint } from "../../identity/identity.ts";
import type { MemberIdentity } from "../apps/accept-change.ts";
import { Apps } from "../apps/apps.ts";
import { HostNames } from "../apps/host-names.ts";
import type { LocalIdentity } from "../apps/local-environment.ts";
import type { Clock } from "../machine/clock.ts";
import { Claims } from "../schedule/claims.ts";
import { isListed } from "../schedule/listed-claims.ts";
import { SealedStore } from "../store/sealed-store.ts";
import type { Store } from "../store/store.ts";
import { TokenRegistry } from "../tokens/tokens.ts";

/** The platform's identity. */
export type CoreIdentity = MemberIdentity &
	LocalIdentity & { readonly publicKeys: Readonly<Record<"sign" | "box", string>> };

export interface Streams {
	readonly store: Store;
	readonly apps: Apps;
	readonly hosts: HostNames;
	readonly claims: Claims;
	readonly tokens: TokenRegistry;
}

/**
 * Reads all streams.
 * @param onFunctions called when the functions of an app have changed
 * @throws AppError exit 7 if a stream is damaged or altered
 */
export async function openStreams(
	{
		clock,
		identity,
		store: raw,
	}: { readonly clock: Clock; readonly identity: CoreIdentity; readonly store: Store },
	onFunctions: (app: string) => void,
): Promise<Streams> {
	const key = identity.stateKey;
	const store = await SealedStore.open(raw, key);
	let catchUp = async () => {};
	const onEntry = () => catchUp();
	const apps = await Apps.open({ store, identity, now: clock.now, onFunctions, onEntry });
	const hosts = await HostNames.open({ store, key, now: clock.now });
	const claims = await Claims.open({ store, key, isListed: (claim) => isListed(apps, claim) });
	const registry = { store, fingerprint: fingerprint(identity.publicKeys), stateKey: key };
	const tokens = await TokenRegistry.open(registry);
	catchUp = async () => {
		await tokens.catchUp();
		await hosts.catchUp();
	};
	// The streams are checked before the whole store, because an error about one stream is more specific.
	store.check();
	return { store, apps, hosts, claims, tokens };
}
