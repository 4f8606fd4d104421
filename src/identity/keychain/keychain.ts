/**
 * The port behind which secrets of the device are kept, and the operating system's keychain as its driver.
 */
import { keychainError } from "./keychain-error.ts";
import { nativeKeychain } from "./native-keychain.ts";
import { assertReady, type BusEnvironment, type KeychainUse } from "./secret-service.ts";

/**
 * A store of small texts by account name. Every method ends within 5 seconds.
 *
 * @throws AppError (exit 3) `KEYCHAIN_UNAVAILABLE`, `KEYCHAIN_LOCKED`, `KEYCHAIN_DENIED` or `KEYCHAIN_TIMEOUT`,
 *   from every method. A driver never answers from, or writes to, a weaker place instead.
 */
export interface Keychain {
	/** The account's text, or undefined where there is none. */
	get(account: string): Promise<string | undefined>;
	/** Stores a text that is not empty, in place of what was there. */
	set(account: string, value: string): Promise<void>;
	/** Whether there was something to delete. */
	delete(account: string): Promise<boolean>;
}

/** The service name that all of Coffer's entries carry. */
export const KEYCHAIN_SERVICE = "coffer";

/** From the call to the typed error. With start-up and ending, a process stays below 5 s. */
const TIMEOUT_MS = 3000;

/**
 * The operating system's keychain: libsecret on Linux, Keychain on macOS, Credential Manager on Windows.
 *
 * On Linux its state is asked for first, over a connection of our own: the native library would wait for ever
 * where a keyring is locked (it opens a prompt) or silent, and a thread that waits keeps the process from
 * ending. `releaseKeychain` (native-keychain.ts) takes care of what is left of that.
 */
export function osKeychain(options: { environment: BusEnvironment; timeoutMs?: number }): Keychain {
	const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
	const native = nativeKeychain(KEYCHAIN_SERVICE);
	const usesSecretService = process.platform !== "darwin" && process.platform !== "win32";

	async function guarded<T>(use: KeychainUse, account: string, work: (signal: AbortSignal) => Promise<T>) {
		const timeout = new AbortController();
		const timer = setTimeout(() => timeout.abort(keychainError("KEYCHAIN_TIMEOUT")), timeoutMs);
		try {
			if (usesSecretService) {
				await assertReady(use, { service: KEYCHAIN_SERVICE, account }, options.environment, timeout.signal);
			}
			return await work(timeout.signal);
		} finally {
			clearTimeout(timer);
		}
	}

	return {
		get: (account) => guarded("get", account, (signal) => native.get(account, signal)),
		set: (account, value) => guarded("set", account, (signal) => native.set(account, value, signal)),
		delete: (account) => guarded("delete", account, (signal) => native.delete(account, signal)),
	};
}
