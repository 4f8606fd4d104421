/** A certificate authority for one test file, made with openssl. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export interface CertificateFiles {
	readonly cert: string;
	readonly key: string;
}

export class Authority {
	readonly folder = mkdtempSync(join(tmpdir(), "coffer-authority-"));
	/** The authority's own certificate. */
	readonly cert = join(this.folder, "ca.pem");
	readonly #key = join(this.folder, "ca.key");

	constructor() {
		this.#openssl(
			"req",
			"-x509",
			...KEY,
			"-keyout",
			this.#key,
			"-out",
			this.cert,
			"-days",
			"2",
			"-subj",
			"/CN=Story",
		);
	}

	#openssl(...words: string[]): void {
		execFileSync("openssl", words, { stdio: ["ignore", "ignore", "pipe"] });
	}

	/**
	 * Issues a certificate.
	 * @param name of its files
	 * @param names its hosts; by default this machine
	 */
	issue(name: string, names = "DNS:localhost,IP:127.0.0.1"): CertificateFiles {
		const [cert, key, request] = ["pem", "key", "csr"].map((end) => join(this.folder, `${name}.${end}`)) as [
			string,
			string,
			string,
		];
		this.#openssl(
			"req",
			...KEY,
			"-keyout",
			key,
			"-out",
			request,
			"-subj",
			`/CN=${name}`,
			"-addext",
			`subjectAltName=${names}`,
		);
		const signer = ["-CA", this.cert, "-CAkey", this.#key, "-CAcreateserial", "-copy_extensions", "copy"];
		this.#openssl("x509", "-req", "-in", request, ...signer, "-days", "2", "-out", cert);
		return { cert, key };
	}

	[Symbol.dispose](): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}
