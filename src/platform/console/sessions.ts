/**
 * Sessions of the web console. A session has the rights of the access token with which it was opened, to read only, and
 * ends with it.
 *
 * A browser keeps a session in two parts. It sends both. The **cookie** is out of reach of scripts. But a browser sends
 * the cookies of a host to all of its ports, also to functions on the gateway's port. So the cookie alone is not enough.
 * The **proof** is kept by the console's pages, and only pages of the same port can read it. Since pages send it in a
 * header, no other page can make a browser send a request that counts (CSRF).
 */
import { equalBytes } from "../../bytes.ts";
import { fromBase64, hash, randomBytes, toBase64 } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { CONSOLE_PATH, type ConsoleCode, type OpenedSession } from "../../protocol/console.ts";
import type { Store } from "../store/store.ts";
import type { Principal, TokenRegistry } from "../tokens/tokens.ts";
import { consoleKey, readText, writeText } from "./sealed-text.ts";

const CODE_KIND = "coffer/console-code/1";
const COOKIE_KIND = "coffer/console-cookie/1";
/** How long a code is valid: a browser takes it at once. */
const CODE_MS = 60_000;
/** The clocks of two nodes may differ by that much. */
const CLOCK_SKEW_MS = 60_000;
const SESSION_MS = 12 * 60 * 60 * 1000;
const SECRET_BYTES = 32;

/** The token of an open session. */
export type SessionPrincipal = Principal & { readonly sessionEndsAtMs: number };

/** The error for a code that is not valid. */
function codeInvalid(): AppError {
	return new AppError({
		code: "CONSOLE_CODE_INVALID",
		message: "The code for the console is not valid: it was used already, or is older than a minute.",
		hint: "Run 'coffer console' again.",
		exit: EXIT.unauthorised,
	});
}

/** The error for a request without a valid session. */
export function sessionEnded(): AppError {
	return new AppError({
		code: "CONSOLE_SESSION_ENDED",
		message: "The session of the console has ended.",
		hint: "Run 'coffer console' again.",
		exit: EXIT.unauthorised,
	});
}

export interface ConsoleSessionsOptions {
	/** The key of the platform's identity for stored state: 32 bytes. */
	readonly stateKey: Uint8Array;
	readonly store: Pick<Store, "lease">;
	readonly tokens: Pick<TokenRegistry, "find">;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

export class ConsoleSessions {
	readonly #options: ConsoleSessionsOptions;
	readonly #key: Uint8Array;

	constructor(options: ConsoleSessionsOptions) {
		this.#options = options;
		this.#key = consoleKey(options.stateKey);
	}

	/** Makes a code that opens one session with the rights of a token. */
	createCode({ id }: Principal): ConsoleCode {
		const expiresAtMs = this.#options.now() + CODE_MS;
		const fields = [id, String(expiresAtMs), toBase64(randomBytes(SECRET_BYTES))];
		const code = writeText(CODE_KIND, fields, this.#key);
		return { code, expiresAtMs, path: `${CONSOLE_PATH}#code=${code}` };
	}

	/**
	 * Opens a session with a code, which is used up.
	 * @returns the session's two parts
	 * @throws AppError `CONSOLE_CODE_INVALID` (exit 3)
	 */
	async open(code: string): Promise<OpenedSession & { readonly cookie: string; readonly token: string }> {
		const { now, store } = this.#options;
		const [token = "", codeEnds] = readText(CODE_KIND, code, this.#key) ?? [];
		if (codeEnds === undefined || Number(codeEnds) <= now()) throw codeInvalid();
		// Only the first holder gets the lease, whichever node it asks, and the code is not valid any more when it ends.
		const name = `console-code/${toBase64(hash(code)).slice(0, 22)}`;
		const holder = toBase64(randomBytes(SECRET_BYTES));
		if (!(await store.lease(name, holder, CODE_MS + CLOCK_SKEW_MS))) throw codeInvalid();
		const known = this.#options.tokens.find(token);
		if (known === undefined) throw codeInvalid();
		const proof = toBase64(randomBytes(SECRET_BYTES));
		const expiresAtMs = Math.min(now() + SESSION_MS, known.expiresAtMs ?? Number.POSITIVE_INFINITY);
		const fields = [token, String(expiresAtMs), toBase64(hash(proof))];
		return { proof, expiresAtMs, token, cookie: writeText(COOKIE_KIND, fields, this.#key) };
	}

	/** The token of the session that two parts belong to. Undefined if they do not fit each other, or the session has ended. */
	find(cookie: string, proof: string): SessionPrincipal | undefined {
		const [id = "", expires, proofHash = ""] = readText(COOKIE_KIND, cookie, this.#key) ?? [];
		const wanted = fromBase64(proofHash);
		if (wanted === undefined || !equalBytes(wanted, hash(proof))) return undefined;
		const known = this.#options.tokens.find(id);
		const nowMs = this.#options.now();
		const expiresAtMs = Math.min(Number(expires), known?.expiresAtMs ?? Number.POSITIVE_INFINITY);
		if (known === undefined || !(expiresAtMs > nowMs)) return undefined;
		return { id, scopes: known.scopes, app: known.app, sessionEndsAtMs: expiresAtMs };
	}
}
