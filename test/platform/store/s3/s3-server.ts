/**
 * A server with the protocol of S3, in this process. It stores objects in files (`s3rver`). Before that, this file checks the
 * signature of each request, which `s3rver` does not: it computes the signature again, from the request as it arrived.
 */
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "s3rver";

export const BUCKET = "coffer-test";
export const CREDENTIALS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const encoded = (text: string) =>
	encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** Whether a request has the signature of the credentials, by version 4 of AWS's signatures. */
function isSigned({ headers, method, url = "" }: IncomingMessage): boolean {
	const [, scope = "", names = "", signature = ""] =
		/^AWS4-HMAC-SHA256 Credential=[^/]+\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
			headers.authorization ?? "",
		) ?? [];
	const { pathname, searchParams } = new URL(url, "http://server");
	const query = [...searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort();
	const signed = names.split(";").map((name) => `${name}:${headers[name]}\n`);
	const request = [
		method,
		pathname,
		query.join("&"),
		signed.join(""),
		names,
		headers["x-amz-content-sha256"],
	];
	const digest = createHash("sha256").update(request.join("\n")).digest("hex");
	const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest].join("\n");
	const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${CREDENTIALS.secretAccessKey}`);
	return hmac(key, text).toString("hex") === signature && names.includes("host");
}

export class S3Server implements AsyncDisposable {
	readonly #server: Server;
	readonly #folder: string;
	readonly #rver: S3rver;
	/** Answers a request instead of the server. @returns whether it has */
	answer: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
	/** The most keys in one answer. */
	pageKeys: number | undefined;

	private constructor(folder: string, rver: S3rver) {
		this.#folder = folder;
		this.#rver = rver;
		const handle = rver.callback();
		this.#server = createServer((request, response) => {
			if (this.answer(request, response)) return;
			if (!isSigned(request)) refuse(response, 403, "SignatureDoesNotMatch");
			else {
				if (this.pageKeys !== undefined && request.url?.includes("?prefix="))
					request.url += `&max-keys=${this.pageKeys}`;
				void handle(request, response);
			}
		});
	}

	static async start(): Promise<S3Server> {
		const directory = await mkdtemp(join(tmpdir(), "coffer-s3-"));
		const rver = new S3rver({ directory, silent: true, configureBuckets: [{ name: BUCKET }] });
		await rver.configureBuckets();
		const server = new S3Server(directory, rver);
		server.#server.listen(0, "127.0.0.1");
		await once(server.#server, "listening");
		return server;
	}

	get endpoint(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** The value of `--blobs`. */
	url(prefix = "", bucket = BUCKET): string {
		return `s3://${bucket}/${prefix}?endpoint=${this.endpoint}`;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#server.closeAllConnections();
		await once(this.#server.close(), "close");
		this.#rver.logger.exceptions.unhandle();
		this.#rver.logger.close();
		await rm(this.#folder, { recursive: true, force: true });
	}
}

/** Answers with an error of S3. */
export function refuse(response: ServerResponse, status: number, code: string, more = ""): void {
	response.writeHead(status, { "content-type": "application/xml" });
	response.end(`<Error><Code>${code}</Code><Message>no</Message>${more}</Error>`);
}
