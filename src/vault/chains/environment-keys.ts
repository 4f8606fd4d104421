/**
 * Keys of environments: makes them, wraps them for members, unwraps them and checks them against the commitments in
 * the chain.
 */
import { equalBytes, lengthPrefixed } from "../../bytes.ts";
import {
	fromBase64,
	hash,
	KEY_BYTES,
	type KeyPair,
	open,
	openFrom,
	randomBytes,
	seal,
	sealTo,
	toBase64,
} from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { type EnvironmentState, EPOCH_RANDOM_BYTES, type Epoch, removedMember } from "./membership.ts";

/** The keys of one environment's epochs that an identity can open. */
export interface EnvironmentKeys {
	/** Id of the current epoch. */
	readonly epoch: string;
	/** Key of the current epoch. */
	readonly key: Uint8Array;
	/** Key of any epoch, the current one included; undefined for an epoch that is not in the chain. */
	keyOf(epochId: string): Uint8Array | undefined;
}

/** Makes an epoch id from the number and new random bytes. */
export function newEpochId(number: number): string {
	return `${number}.${toBase64(randomBytes(EPOCH_RANDOM_BYTES))}`;
}

/** Makes a random environment key. */
export function newEnvironmentKey(): Uint8Array {
	return randomBytes(KEY_BYTES);
}

/**
 * The keyed commitment to an epoch's key. XChaCha20-Poly1305 does not commit to its key, so an unwrapped key is used
 * only after it was compared with the commitment.
 */
export function commitmentOf(key: Uint8Array, vaultId: string, environment: string, epochId: string): string {
	return toBase64(hash(lengthPrefixed("coffer/commitment/1", vaultId, environment, epochId), key));
}

/**
 * Seals the key for one member.
 * @param box the member's X25519 public key, base64
 * @returns the sealed box, base64
 * @throws AppError `MEMBER_KEY_INVALID` (exit 2) if `box` is not a key, or one whose shared secret is all zeros and so
 *   known to everybody
 */
export function wrapKey(key: Uint8Array, box: string): string {
	const publicKey = fromBase64(box);
	const wrap = publicKey && sealTo(key, publicKey);
	if (wrap) return toBase64(wrap);
	throw new AppError({
		code: "MEMBER_KEY_INVALID",
		message: "The member's public encryption key is not valid.",
		hint: "Ask the member for the public identity again.",
		exit: EXIT.usage,
	});
}

function previousKeyContext(vaultId: string, environment: string, epochId: string): Uint8Array {
	return lengthPrefixed("coffer/previous-key/1", vaultId, environment, epochId);
}

/** Encrypts the previous epoch's key with the new epoch's key. Returns base64. */
export function sealPreviousKey(
	previous: Uint8Array,
	key: Uint8Array,
	state: EnvironmentState,
	epochId: string,
): string {
	return toBase64(seal(previous, previousKeyContext(state.vaultId, state.name, epochId), key));
}

function wrongKey(message: string): AppError {
	return new AppError({
		code: "VAULT_KEY_WRONG",
		message,
		hint: "A writer's program made a faulty key. Go back to the last committed vault: git checkout HEAD -- coffer.vault. If that vault has the same fault, take the file from an earlier commit (git log -- coffer.vault).",
		exit: EXIT.integrity,
	});
}

function requireCommitted(key: Uint8Array | undefined, state: EnvironmentState, epoch: Epoch): Uint8Array {
	if (!key || key.length !== KEY_BYTES) {
		throw wrongKey(
			`The key of environment '${state.name}', epoch ${epoch.number}, cannot be decrypted with this identity.`,
		);
	}
	const expected = fromBase64(epoch.commitment);
	const actual = fromBase64(commitmentOf(key, state.vaultId, state.name, epoch.id));
	if (!expected || !actual || !equalBytes(expected, actual)) {
		throw wrongKey(
			`The key of environment '${state.name}', epoch ${epoch.number}, does not match its commitment.`,
		);
	}
	return key;
}

/** Decrypts the keys of earlier epochs, one after the other, starting with the current key. */
function earlierKeys(state: EnvironmentState, key: Uint8Array): Map<string, Uint8Array> {
	const keys = new Map<string, Uint8Array>();
	const descending = [...state.epochs.values()].sort((a, b) => b.number - a.number);
	let current = key;
	for (const [index, epoch] of descending.entries()) {
		keys.set(epoch.id, current);
		const before = descending[index + 1];
		if (!before || epoch.previousKey === undefined) break;
		const sealed = fromBase64(epoch.previousKey);
		const opened = sealed && open(sealed, previousKeyContext(state.vaultId, state.name, epoch.id), current);
		current = requireCommitted(opened, state, before);
	}
	return keys;
}

function notAMember(state: EnvironmentState, sign: string): AppError {
	const removed = removedMember(state, sign);
	return new AppError({
		code: "NOT_A_MEMBER",
		message: removed
			? `This device's identity was removed from environment '${state.name}', where it was ${removed.name}.`
			: `This device's identity is not a member of environment '${state.name}'.`,
		hint: removed
			? "Ask a writer of the environment to add your public key again, which 'coffer identity show' prints. If you have replaced the identity on another device (coffer identity rotate), bring the new one here: 'coffer identity export' there, and 'coffer identity import' here."
			: "Ask a writer of the environment to add your public key, which 'coffer identity show' prints. Or use an identity that is a member.",
		exit: EXIT.unauthorised,
	});
}

/**
 * Opens an environment's keys with an identity.
 * @throws AppError `NOT_A_MEMBER` (exit 3) if the identity is not in the environment; `VAULT_KEY_WRONG` (exit 7) if its
 *   wrap does not open or contains a key that does not match the chain's commitment
 */
export function openKeys(
	state: EnvironmentState,
	identity: { publicKeys: { sign: string }; box: KeyPair },
): EnvironmentKeys {
	const wrap = state.epoch.wraps.get(identity.publicKeys.sign);
	if (!state.members.has(identity.publicKeys.sign) || wrap === undefined) {
		throw notAMember(state, identity.publicKeys.sign);
	}
	const sealed = fromBase64(wrap);
	const key = requireCommitted(sealed && openFrom(sealed, identity.box), state, state.epoch);
	let earlier: Map<string, Uint8Array> | undefined;
	const keyOf = (epochId: string) => {
		if (epochId === state.epoch.id) return key;
		earlier ??= earlierKeys(state, key);
		return earlier.get(epochId);
	};
	return { epoch: state.epoch.id, key, keyOf };
}
