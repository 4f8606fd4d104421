/** The session of this browser: how it begins and how it ends. */
import type { ConsoleSession, OpenedSession } from "../../protocol/console.ts";
import { ROUTES, type Scope } from "../../protocol/routes.ts";
import { Cache } from "./cache.ts";
import { asFailure, type RequestFailure } from "./failure.ts";
import { dropProof, keepProof, readJson, readProof, send } from "./http.ts";
import { PATHS } from "./paths.ts";
import { Store } from "./store.ts";

/**
 * `opening`: it is not known yet. `none`: this browser has none. `ended`: it had one. `unreachable`: the platform does
 * not answer. `open`: there is one.
 */
export type SessionState =
	| { readonly state: "opening" }
	| { readonly state: "none" }
	| { readonly state: "ended"; readonly failure: RequestFailure | undefined }
	| { readonly state: "unreachable"; readonly failure: RequestFailure }
	| { readonly state: "open"; readonly session: ConsoleSession };

export const session = new Store<SessionState>({ state: "opening" });

/** Reads an answer, and ends the session if the platform does not know it any more. */
async function readOrEnd(path: string): Promise<unknown> {
	try {
		return await readJson(path);
	} catch (error) {
		noticeEnd(error);
		throw error;
	}
}

/** All answers of this session. */
export const cache = new Cache(readOrEnd);

/** Shows that the session has ended, if that is what the error says. */
export function noticeEnd(error: unknown): void {
	const failure = asFailure(error);
	if (failure.kind !== "ended" || session.value.state !== "open") return;
	dropProof();
	cache.clear();
	session.set({ state: "ended", failure });
}

/** Takes the code out of the address, so that neither the history nor a copied address has it. */
function takeCode(): string | undefined {
	const code = /^#code=(.+)$/.exec(location.hash)?.[1];
	if (code !== undefined) history.replaceState(null, "", `${location.pathname}#/`);
	return code;
}

/** Opens a session with the code in the address, or continues the one that this browser has. */
export async function openSession(): Promise<void> {
	const code = takeCode();
	if (code === undefined && readProof() === null) return session.set({ state: "none" });
	session.set({ state: "opening" });
	try {
		if (code !== undefined) {
			const { method, path } = ROUTES.openConsoleSession;
			keepProof((await readJson<OpenedSession>(path, { method, body: { code } })).proof);
			cache.clear();
		}
		session.set({ state: "open", session: await readJson<ConsoleSession>(PATHS.session) });
	} catch (error) {
		const failure = asFailure(error);
		if (failure.kind === "offline") return session.set({ state: "unreachable", failure });
		dropProof();
		session.set({ state: "ended", failure });
	}
}

/** Ends the session on the platform and in this browser. */
export async function closeSession(): Promise<void> {
	const { method, path } = ROUTES.closeConsoleSession;
	// The request has the proof already. What other requests are told from now on does not matter any more.
	const sent = send(path, { method, isLasting: true }).catch(() => undefined);
	dropProof();
	cache.clear();
	session.set({ state: "none" });
	await sent;
}

/** Whether the session has the rights of a scope. `admin` has all of them. */
export function mayUse({ scopes }: ConsoleSession, scope: Scope): boolean {
	return scopes.includes(scope) || scopes.includes("admin");
}
