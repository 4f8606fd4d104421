/** Opens an environment: verifies its chains, compares them with what this device has seen, and unwraps its keys. */
import { openKeys } from "../../vault/chains/environment-keys.ts";
import { chainsOf, verifyChains } from "../../vault/document/document.ts";
import { checkPin, memoryOfLifetime } from "../../vault/document/version-marks.ts";
import { type LoadedVault, loadVault } from "../files/vault-file.ts";
import { type CheckoutMemory, type MemoryLocation, readDeviceMemory } from "../memory/device-state.ts";
import { checkVaultId } from "../memory/first-use.ts";
import { MEMBERSHIP_OLDER, markWarnings } from "./mark-warnings.ts";
import { VaultSession } from "./session.ts";
import { withSameChains } from "./session-cache.ts";
import type { SessionContext } from "./session-context.ts";

/** A session may edit its copy of the memory before the memory is written. */
function copyOf(checkout: CheckoutMemory): CheckoutMemory {
	return { ...checkout, platform: checkout.platform && { ...checkout.platform } };
}

/**
 * Opens an environment of a loaded vault. Chains that an earlier step of the same command verified are not
 * verified again, if they are the same objects.
 * @throws AppError `NOT_A_MEMBER` (exit 3), `ENVIRONMENT_NOT_FOUND` (exit 4), exit 7 for an invalid chain and
 *   for a vault or membership that contradicts this device's memory
 */
export async function openSession(loaded: LoadedVault, context: SessionContext): Promise<VaultSession> {
	const { document } = loaded;
	const { environment, identity } = context;
	const warnings = await checkVaultId(context, document.vaultId);
	const place: MemoryLocation = {
		folder: context.stateFolder,
		vaultId: document.vaultId,
		environment,
		member: context.member,
		stateKey: identity.stateKey,
		root: context.root,
	};
	const known = context.cache?.of(document.vaultId, environment);
	const stored = await readDeviceMemory(place, known?.stored);
	const links = chainsOf(document, environment);
	const memory = memoryOfLifetime(stored.memory, environment, links);
	const before = known && withSameChains(known.verified, known.loaded.document, document);
	const verified = before ?? verifyChains(document, environment, memory.pin);
	const membershipOlder = memory.pin !== undefined && checkPin(memory.pin, environment, links).older;
	if (loaded.digest !== stored.checkout.seen) {
		if (membershipOlder) warnings.push(MEMBERSHIP_OLDER);
		warnings.push(...markWarnings(memory, verified.section.records));
	}
	return new VaultSession({
		context,
		place,
		loaded,
		verified,
		keys: (before && known?.keys) ?? openKeys(verified.state, identity),
		memory,
		checkout: copyOf(stored.checkout),
		stored,
		warnings,
		membershipOlder,
	});
}

/** Reads the vault and opens an environment of it. @throws AppError as `loadVault` and `openSession` */
export async function openEnvironment(context: SessionContext): Promise<VaultSession> {
	const loaded = await loadVault(context.root, context.cache?.loaded);
	const session = await openSession(loaded, context);
	const { keys, stored, verified } = session;
	context.cache?.keep({ loaded, verified, keys, stored });
	return session;
}
