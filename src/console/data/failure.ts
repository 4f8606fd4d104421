/** Why a request of the console failed, in the words that the page shows. */

/**
 * `ended`: the session is over. `offline`: the platform does not answer. `denied`: the session's token may not do this.
 * `problem`: everything else that the platform says.
 */
export type FailureKind = "ended" | "offline" | "denied" | "problem";

export class RequestFailure extends Error {
	readonly kind: FailureKind;
	/** A problem's code, such as `APP_NOT_FOUND`; empty without one. */
	readonly code: string;
	readonly hint: string;

	constructor(kind: FailureKind, { message, code = "", hint = "" }: FailureText) {
		super(message);
		this.kind = kind;
		this.code = code;
		this.hint = hint;
	}
}

interface FailureText {
	readonly message: string;
	readonly code?: string;
	readonly hint?: string;
}

const KIND_OF_STATUS: Readonly<Record<number, FailureKind>> = { 401: "ended", 403: "denied" };

/** The failure that an answer describes. @param body the answer's text: a problem document, or anything */
export function failureOf(status: number, body: string): RequestFailure {
	const kind = KIND_OF_STATUS[status] ?? "problem";
	const { detail, code, hint } = problemIn(body);
	const message = detail ?? `The platform answered with status ${status}.`;
	return new RequestFailure(kind, { message, ...(code && { code }), ...(hint && { hint }) });
}

function problemIn(body: string): { detail?: string; code?: string; hint?: string } {
	try {
		const value: unknown = JSON.parse(body);
		if (typeof value !== "object" || value === null) return {};
		const texts = Object.entries(value).filter(([, text]) => typeof text === "string");
		return Object.fromEntries(texts);
	} catch {
		return {};
	}
}

/** Any thrown value as a failure. What `fetch` throws means that the platform did not answer. */
export function asFailure(error: unknown): RequestFailure {
	if (error instanceof RequestFailure) return error;
	return new RequestFailure("offline", { message: "The platform does not answer." });
}
