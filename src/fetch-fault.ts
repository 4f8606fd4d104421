/** Why a request by `fetch` got no answer. A leaf: imports nothing. */

export interface FetchFault {
	readonly kind: "timeout" | "certificate" | "redirect" | "unreachable";
	/** The system's code in brackets with a blank before it, for a message; empty where there is none. */
	readonly code: string;
}

/** What `fetch` threw, sorted. Its text is not for messages: what stands in it is the other side's. */
export function fetchFault(thrown: unknown): FetchFault {
	const inner = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
	const name = inner instanceof Error && "code" in inner && typeof inner.code === "string" ? inner.code : "";
	const code = name === "" ? "" : ` (${name})`;
	if (isCertificateFault(name)) return { kind: "certificate", code };
	if (thrown instanceof Error && thrown.name === "TimeoutError") return { kind: "timeout", code };
	if (inner instanceof Error && inner.message === "unexpected redirect") return { kind: "redirect", code };
	return { kind: "unreachable", code };
}

/** How OpenSSL, and Node on top of it, name certificates that do not hold. */
function isCertificateFault(code: string): boolean {
	return /^(CERT_|ERR_TLS_CERT_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF))/.test(
		code,
	);
}
