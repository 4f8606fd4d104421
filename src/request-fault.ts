/** Why a request got no answer. A leaf: imports nothing. */

export interface RequestFault {
	readonly kind: "timeout" | "certificate" | "redirect" | "unreachable";
	/** The system's code in brackets with a blank before it, for a message; empty where there is none. */
	readonly code: string;
}

/** What was thrown in the place of an answer, sorted. Its text is not for messages: what stands in it is the other side's. */
export function requestFault(thrown: unknown): RequestFault {
	const name =
		thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
	const code = name === "" ? "" : ` (${name})`;
	if (isCertificateFault(name)) return { kind: "certificate", code };
	if (thrown instanceof Error && thrown.name === "TimeoutError") return { kind: "timeout", code };
	if (thrown instanceof Error && thrown.message === "unexpected redirect") return { kind: "redirect", code };
	return { kind: "unreachable", code };
}

/** How OpenSSL, and Node on top of it, name certificates that do not hold. */
function isCertificateFault(code: string): boolean {
	return /^(CERT_|ERR_TLS_CERT_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF))/.test(
		code,
	);
}
