/** The certificates of the gateway: which of them a client gets, and their renewal while the gateway runs. */
import { constants, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { Certificate, type Pem, type TlsFiles } from "../../configuration/certificate.ts";
import { describeError, type Log } from "../../faults/log.ts";

export interface GatewayTls {
	/** At least one. The first one is for clients that name no host, or a host that no certificate has. */
	readonly pairs: readonly TlsFiles[];
	readonly log: Log;
}

/** The flags of `coffer platform start` that name the files. */
export const GATEWAY_TLS_FLAGS = { cert: "--gateway-tls-cert", key: "--gateway-tls-key" };

/** The options of a handshake with a pair. A client cannot make the server repeat the handshake on a connection. */
function contextOptions(pem: Pem): SecureContextOptions {
	return { ...pem, minVersion: "TLSv1.2", secureOptions: constants.SSL_OP_NO_RENEGOTIATION };
}

/** One certificate and its key. */
class Pair {
	readonly #certificate: Certificate;
	readonly #log: Log;
	#leaf: X509Certificate;
	options: SecureContextOptions;
	context: SecureContext;

	constructor(files: TlsFiles, log: Log) {
		this.#certificate = new Certificate(files, GATEWAY_TLS_FLAGS);
		this.#log = log;
		const { initial } = this.#certificate;
		this.#leaf = new X509Certificate(initial.cert);
		this.options = contextOptions(initial);
		this.context = createSecureContext(this.options);
	}

	/** Whether the certificate is for a host. @param wildcards whether `*.example` counts */
	fits(host: string, wildcards: boolean): boolean {
		try {
			return this.#leaf.checkHost(host, { wildcards }) !== undefined;
		} catch {
			// It is no name of a host.
			return false;
		}
	}

	/** Reads the files again if they have changed. If they do not fit together, the pair of before stays. */
	refresh(): void {
		try {
			const pem = this.#certificate.changed();
			if (pem === undefined) return;
			const options = contextOptions(pem);
			this.context = createSecureContext(options);
			this.options = options;
			this.#leaf = new X509Certificate(pem.cert);
			this.#log.info("a certificate of the gateway was read again");
		} catch (error) {
			this.#log.error(describeError(error), "the gateway keeps a previous certificate");
		}
	}
}

export class Certificates {
	readonly #pairs: readonly Pair[];

	/** @throws AppError as `readPair` */
	constructor({ log, pairs }: GatewayTls) {
		this.#pairs = pairs.map((files) => new Pair(files, log));
	}

	/** Reads the files that have changed. Call it before each handshake. */
	refresh(): void {
		for (const pair of this.#pairs) pair.refresh();
	}

	/** The options of the first pair. */
	get default(): SecureContextOptions {
		return this.#pairs[0]?.options ?? {};
	}

	/** The context for the host that a client names; undefined for the first pair. */
	contextFor(host: string): SecureContext | undefined {
		const found =
			this.#pairs.find((pair) => pair.fits(host, false)) ?? this.#pairs.find((pair) => pair.fits(host, true));
		return found === this.#pairs[0] ? undefined : found?.context;
	}
}
