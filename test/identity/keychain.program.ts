/**
 * Uses the keychain and ends in the same way as the command line. Arguments: `guarded` or `native`, the method,
 * the account, and for `set` the value. Prints the result as JSON, or the error's JSON on stderr.
 */
import { AppError } from "../../src/errors.ts";
import { osKeychain } from "../../src/identity/keychain/keychain.ts";
import { keychainError } from "../../src/identity/keychain/keychain-error.ts";
import { nativeKeychain, releaseKeychain } from "../../src/identity/keychain/native-keychain.ts";

/** The driver without its check of the service, to test what happens if the library itself hangs. */
function unguarded(timeoutMs: number): ReturnType<typeof osKeychain> {
	const native = nativeKeychain("coffer");
	const timeout = new AbortController();
	setTimeout(() => timeout.abort(keychainError("KEYCHAIN_TIMEOUT")), timeoutMs);
	return {
		get: (account) => native.get(account, timeout.signal),
		set: (account, value) => native.set(account, value, timeout.signal),
		delete: (account) => native.delete(account, timeout.signal),
	};
}

async function use([driver, method, account = "", value = ""]: string[]): Promise<number> {
	const keychain = driver === "native" ? unguarded(1000) : osKeychain({ environment: process.env });
	try {
		const result =
			method === "get"
				? await keychain.get(account)
				: method === "set"
					? await keychain.set(account, value)
					: await keychain.delete(account);
		console.log(JSON.stringify({ result: result ?? null }));
		return 0;
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		console.error(JSON.stringify(error));
		return error.exit;
	}
}

const status = await use(process.argv.slice(2));
if (!(await releaseKeychain())) process.kill(process.pid, "SIGKILL");
process.exit(status);
