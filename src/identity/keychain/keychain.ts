/** The interface of a keychain, and the operating system's keychain behind it. */
import { keychainError } from "./keychain-error.ts";
import { nativeKeychain } from "./native-keychain.ts";
import type { BusEnvironment, KeychainUse } from "./secret-service.ts";

/**
 * A store of short texts by account name. Every method ends within 5 seconds.
 *
 * @throws AppError (exit 3) `KEYCHAIN_UNAVAILABLE`, `KEYCHAIN_LOCKED`, `KEYCHAIN_DENIED` or `KEYCHAIN_TIMEOUT`,
 *   from every method. An implementation never falls back to a less secure place.
 */
export interface Keychain {
	/** The account's text; undefined if there is none. */
	get(account: string): Promise<string | undefined>;
	/** Stores a text that is not empty. Replaces an earlier one. */
	set(account: string, value: string): Promise<void>;
	/** Deletes the account's text. @returns whether there was one */
	delete(account: string): Promise<boolean>;
}

/** The service name of all of Coffer's entries. */
export const KEYCHAIN_SERVICE = "coffer";

/**
 * Time limit of the check of the service, and of the call after it, in milliseconds. A process whose keychain hangs then
 * takes less than 5 s, its start and its end included.
 */
const TIMEOUT_MS = 3000;

/**
 * The operating system's keychain: libsecret on Linux, Keychain on macOS, Credential Manager on Windows.
 *
 * On Linux the state of the service is checked first, over a separate connection. If a keyring is locked (the library
 * opens a prompt) or does not answer, the native library would wait forever, and its waiting thread would keep the
 * process from ending. `releaseKeychain` (native-keychain.ts) handles the cases that remain.
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
				const { assertReady } = await import("./secret-service.ts");
				await assertReady(use, { service: KEYCHAIN_SERVICE, account }, options.environment, timeout.signal);
				// The service responds, so a slow machine does not look like a service that hangs.
				timer.refresh();
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
