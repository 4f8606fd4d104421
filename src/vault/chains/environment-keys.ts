/**
 * Environment keys: made, wrapped to members, unwrapped, and checked against the chain's commitment.
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
import { type EnvironmentState, EPOCH_RANDOM_BYTES, type Epoch } from "./membership.ts";

/** The epochs' keys of one environment, as far as the holder's identity opens them. */
export interface EnvironmentKeys {
	/** Id of the present epoch. */
	readonly epoch: string;
	/** Key of the present epoch. */
	readonly key: Uint8Array;
	/** Key of any epoch, the present one included; undefined for an epoch that the chain does not know. */
	keyOf(epochId: string): Uint8Array | undefined;
}

/** A fresh epoch id with the given number. */
export function newEpochId(number: number): string {
	return `${number}.${toBase64(randomBytes(EPOCH_RANDOM_BYTES))}`;
}

/** A fresh environment key. */
export function newEnvironmentKey(): Uint8Array {
	return randomBytes(KEY_BYTES);
}

/**
 * The keyed commitment to an epoch's key. XChaCha20-Poly1305 alone is not key-committing, so an unwrapped key is
 * believed only after this.
 */
export function commitmentOf(key: Uint8Array, vaultId: string, environment: string, epochId: string): string {
	return toBase64(hash(lengthPrefixed("coffer/commitment/1", vaultId, environment, epochId), key));
}

/**
 * The key in a sealed box for one member.
 * @param box X25519 public key, base64
 * @throws AppError `MEMBER_KEY_INVALID` (exit 2) for a key that shares its secrets with everybody, or none at all
 */
export function wrapKey(key: Uint8Array, box: string): string {
	const publicKey = fromBase64(box);
	const wrap = publicKey && sealTo(key, publicKey);
	if (wrap) return toBase64(wrap);
	throw new AppError({
		code: "MEMBER_KEY_INVALID",
		message: "A member's box key is not one that a key can be sealed to.",
		hint: "Ask for the member's public identity again.",
		exit: EXIT.usage,
	});
}

function previousKeyContext(vaultId: string, environment: string, epochId: string): Uint8Array {
	return lengthPrefixed("coffer/previous-key/1", vaultId, environment, epochId);
}

/** The key of the epoch before, sealed under a new epoch's key. */
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
		hint: "The membership of this vault was altered. Restore the file from git and compare it with a teammate's.",
		exit: EXIT.integrity,
	});
}

function requireCommitted(key: Uint8Array | undefined, state: EnvironmentState, epoch: Epoch): Uint8Array {
	if (!key || key.length !== KEY_BYTES) {
		throw wrongKey(
			`The key of environment '${state.name}', epoch ${epoch.number}, does not open with this identity.`,
		);
	}
	const expected = fromBase64(epoch.commitment);
	const actual = fromBase64(commitmentOf(key, state.vaultId, state.name, epoch.id));
	if (!expected || !actual || !equalBytes(expected, actual)) {
		throw wrongKey(
			`The key of environment '${state.name}', epoch ${epoch.number}, is not the one that its members committed to.`,
		);
	}
	return key;
}

/** Walks back from an epoch's key to the ones before it. */
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

/**
 * Opens an environment's keys with an identity.
 * @throws AppError `NOT_A_MEMBER` (exit 3) where the identity is not in the environment, `VAULT_KEY_WRONG` (exit 7)
 *   where its wrap does not open to the key that the chain commits to
 */
export function openKeys(
	state: EnvironmentState,
	identity: { publicKeys: { sign: string }; box: KeyPair },
): EnvironmentKeys {
	const wrap = state.epoch.wraps.get(identity.publicKeys.sign);
	if (!state.members.has(identity.publicKeys.sign) || wrap === undefined) {
		throw new AppError({
			code: "NOT_A_MEMBER",
			message: `This device's identity is not a member of environment '${state.name}'.`,
			hint: "Ask a writer of the environment to add your public key ('coffer identity show' prints it), or use an identity that is a member.",
			exit: EXIT.unauthorised,
		});
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
