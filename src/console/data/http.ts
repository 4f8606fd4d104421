/** Requests to the platform that serves this page. */
import type { CONSOLE_PROOF_HEADER } from "../../protocol/console.ts";
import type { Route } from "../../protocol/routes.ts";
import { asFailure, failureOf, RequestFailure } from "./failure.ts";

/** The type makes sure that it is the protocol's, whose module would bring a validator along. */
const PROOF_HEADER: typeof CONSOLE_PROOF_HEADER = "x-coffer-console";
const PROOF_KEY = "coffer.console.proof";

/** The proof that this browser keeps; null without a session. All tabs have the same. */
export const readProof = (): string | null => localStorage.getItem(PROOF_KEY);
export const keepProof = (proof: string): void => localStorage.setItem(PROOF_KEY, proof);
export const dropProof = (): void => localStorage.removeItem(PROOF_KEY);

export interface RequestOptions {
	readonly method?: Route["method"];
	readonly body?: unknown;
	readonly signal?: AbortSignal | undefined;
	/** It is sent also if the page goes away. */
	readonly isLasting?: boolean;
}

/**
 * Sends a request with the session's proof.
 * @returns an answer with a status of success, whose body is not read yet
 * @throws RequestFailure for anything else; an `AbortError` if the signal ended it
 */
export async function send(
	path: string,
	{ method = "GET", body, signal, isLasting = false }: RequestOptions = {},
): Promise<Response> {
	const headers: Record<string, string> = {};
	const proof = readProof();
	if (proof !== null) headers[PROOF_HEADER] = proof;
	if (body !== undefined) headers["content-type"] = "application/json";
	const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
	if (body !== undefined) init.body = JSON.stringify(body);
	if (signal) init.signal = signal;
	if (isLasting) init.keepalive = true;
	const response = await fetch(path, init).catch((error: unknown) => {
		if (signal?.aborted) throw error;
		throw asFailure(error);
	});
	if (response.ok) return response;
	throw failureOf(response.status, await response.text().catch(() => ""));
}

/** The JSON of an answer. @throws RequestFailure */
export async function readJson<T>(path: string, options: RequestOptions = {}): Promise<T> {
	const response = await send(path, options);
	try {
		return (await response.json()) as T;
	} catch {
		if (options.signal?.aborted) throw new DOMException("Aborted", "AbortError");
		throw new RequestFailure("offline", { message: "The platform's answer broke off." });
	}
}
