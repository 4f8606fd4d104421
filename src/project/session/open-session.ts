/** Opens an environment: verifies its chains, compares them with what this device has seen, and unwraps its keys. */
import { openKeys } from "../../vault/chains/environment-keys.ts";
import { chainsOf, verifyChains } from "../../vault/document/document.ts";
import { checkPin, memoryOfLifetime } from "../../vault/document/version-marks.ts";
import { type LoadedVault, loadVault, type VaultReading } from "../files/vault-file.ts";
import { currentDigest } from "../files/vault-text.ts";
import { type CheckoutMemory, readDeviceMemory } from "../memory/device-state.ts";
import { checkVaultId } from "../memory/first-use.ts";
import { MEMBERSHIP_OLDER, markWarnings } from "./mark-warnings.ts";
import { restoring } from "./restoring.ts";
import { VaultSession } from "./session.ts";
import { withSameChains } from "./session-cache.ts";
import { memoryLocation, type SessionContext } from "./session-context.ts";

/**
 * A session may edit its copy of the memory before the memory is written. Hashes of texts are converted to the form
 * that this version of Coffer writes.
 */
function copyOf(checkout: CheckoutMemory, loaded: LoadedVault): CheckoutMemory {
	const { seen, written, whole, platform } = checkout;
	return {
		...checkout,
		seen: currentDigest(seen, loaded),
		written: currentDigest(written, loaded),
		whole: currentDigest(whole, loaded),
		platform: platform && { ...platform },
	};
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
	const place = memoryLocation(context, document.vaultId);
	const known = context.cache?.of(document.vaultId, environment);
	const stored = await readDeviceMemory(place, known?.stored ?? context.cache?.memoryOf(place));
	const links = chainsOf(document, environment);
	const memory = memoryOfLifetime(stored.memory, environment, links);
	const before = known && withSameChains(known.verified, known.loaded.document, document);
	const verified = before ?? verifyChains(document, environment, memory.pin);
	const membershipOlder = memory.pin !== undefined && checkPin(memory.pin, environment, links).older;
	const checkout = copyOf(stored.checkout, loaded);
	if (loaded.digest !== checkout.seen) {
		if (membershipOlder) warnings.push(MEMBERSHIP_OLDER);
		const asked = { environment, name: "NAME", what: "a secret" };
		const help = restoring(verified.state, [identity.publicKeys.sign], asked);
		warnings.push(...markWarnings(memory, verified.section.records, help));
	}
	return new VaultSession({
		context,
		place,
		loaded,
		verified,
		keys: (before && known?.keys) ?? openKeys(verified.state, identity),
		memory,
		checkout,
		stored,
		warnings,
		membershipOlder,
	});
}

/**
 * How the vault is read to open an environment. A text that was read here when the memory was last written, or was
 * written then, was parsed before. The memory's MAC proves that this device wrote it.
 */
export function readingOf(context: SessionContext): VaultReading {
	const isParsed = async (vaultId: string, digest: string) => {
		const place = memoryLocation(context, vaultId);
		try {
			const stored = await readDeviceMemory(place);
			context.cache?.keepMemory(place, stored);
			return stored.checkout.seen === digest;
		} catch {
			// `openSession` meets the same error and reports it.
			return false;
		}
	};
	return { known: context.cache?.loaded, isParsed };
}

/** Reads the vault and opens an environment of it. @throws AppError as `loadVault` and `openSession` */
export async function openEnvironment(context: SessionContext): Promise<VaultSession> {
	const loaded = await loadVault(context.root, readingOf(context));
	const session = await openSession(loaded, context);
	const { keys, stored, verified } = session;
	context.cache?.keep({ loaded, verified, keys, stored });
	return session;
}
