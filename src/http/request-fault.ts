/** Classifies the reasons why a request got no answer. A leaf: imports nothing. */

export interface RequestFault {
	readonly kind: "timeout" | "certificate" | "redirect" | "unreachable";
	/**
	 * For a message, after a space: the system's code in parentheses, or the proxy that opens no tunnel. Empty if there
	 * is none.
	 */
	readonly code: string;
}

/** A proxy did not open a tunnel to the host. */
export class ProxyFault extends Error {
	/** The end of a sentence such as "It cannot be reached", after a space. It has no credentials of the proxy. */
	readonly how: string;

	constructor(how: string) {
		super("no tunnel");
		this.how = how;
	}
}

/** Classifies the error of a failed request. Messages must not repeat its text, which the other side may control. */
export function requestFault(thrown: unknown): RequestFault {
	if (thrown instanceof ProxyFault) return { kind: "unreachable", code: thrown.how };
	const name =
		thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
	const code = name === "" ? "" : ` (${name})`;
	if (isCertificateFault(name)) return { kind: "certificate", code };
	if (thrown instanceof Error && thrown.name === "TimeoutError") return { kind: "timeout", code };
	if (thrown instanceof Error && thrown.message === "unexpected redirect") return { kind: "redirect", code };
	return { kind: "unreachable", code };
}

/** Whether it is a code of OpenSSL, or of Node, for an invalid certificate. */
function isCertificateFault(code: string): boolean {
	return /^(CERT_|ERR_TLS_CERT_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF))/.test(
		code,
	);
}
