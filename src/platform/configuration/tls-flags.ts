/** The flags of `coffer platform start` that name certificates and keys. */
import { resolve } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import type { TlsFiles } from "./certificate.ts";

export interface TlsPathFlags {
	readonly tlsCert?: string | undefined;
	readonly tlsKey?: string | undefined;
	/** The certificates of the gateway. */
	readonly gatewayTlsCert?: readonly string[] | undefined;
	/** Their keys, in the same order. */
	readonly gatewayTlsKey?: readonly string[] | undefined;
}

function incomplete(message: string, hint: string): AppError {
	return new AppError({ code: "TLS_PAIR_INCOMPLETE", message, hint, exit: EXIT.usage });
}

/** The files of the control API. Undefined: none. @throws AppError `TLS_PAIR_INCOMPLETE` (exit 2) */
export function tlsOf({ tlsCert, tlsKey }: TlsPathFlags): TlsFiles | undefined {
	if (tlsCert !== undefined && tlsKey !== undefined) return { cert: resolve(tlsCert), key: resolve(tlsKey) };
	if (tlsCert === undefined && tlsKey === undefined) return undefined;
	throw incomplete(
		`--tls-${tlsCert === undefined ? "cert" : "key"} is missing. A certificate and its key must be given together.`,
		"Give both files, or neither.",
	);
}

/** The files of the gateway, in the order of the flags. @throws AppError `TLS_PAIR_INCOMPLETE` (exit 2) */
export function gatewayTlsOf({
	gatewayTlsCert: certs = [],
	gatewayTlsKey: keys = [],
}: TlsPathFlags): TlsFiles[] {
	if (certs.length !== keys.length)
		throw incomplete(
			`--gateway-tls-cert names ${certs.length} file${certs.length === 1 ? "" : "s"} and --gateway-tls-key ${keys.length}. A certificate and its key must be given together.`,
			"Give both flags once for each certificate, in the same order.",
		);
	return certs.map((cert, index) => ({ cert: resolve(cert), key: resolve(keys[index] ?? "") }));
}
