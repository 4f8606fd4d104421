/**
 * Signed requests to one bucket. Each is repeated while the service cannot answer: all that the store asks for has the same
 * effect, however often it is done.
 */
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { AwsV4Signer } from "aws4fetch";
import type { S3Credentials, S3Place } from "../../configuration/s3-url.ts";
import { isPassing, refusalOf, refused, type S3Refusal, unanswered } from "./s3-faults.ts";

/** The time for one attempt. A bundle has some megabytes. */
const ATTEMPT_MS = 30_000;
/** After this time, no further attempt begins. */
const CALL_MS = 20_000;
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 2_000;

export interface S3Options extends S3Place {
	readonly credentials: S3Credentials;
	/** The time for all attempts. Default: 20 seconds. */
	readonly timeoutMs?: number | undefined;
}

interface S3Request {
	readonly query?: Readonly<Record<string, string>>;
	readonly body?: Uint8Array;
}

/** The bytes of an answer. Undefined: there is no such object. */
export type S3Answer = Uint8Array | undefined;

export class S3Client {
	readonly #options: S3Options;
	/** The bucket with the service, for messages. */
	readonly place: string;

	constructor(options: S3Options) {
		this.#options = options;
		this.place = `${options.bucket} at ${options.endpoint}`;
	}

	/**
	 * Sends a request, until it is answered.
	 * @param key below the prefix. Empty: the bucket itself
	 * @throws AppError `BLOBS_UNREACHABLE`, `BLOBS_CERTIFICATE_INVALID` (exit 6), `BLOBS_FORBIDDEN` (exit 3),
	 * `BLOBS_NO_BUCKET` (exit 4), `BLOBS_WRONG_REGION` (exit 2), `BLOBS_UNUSABLE` (exit 1)
	 */
	async request(
		method: "DELETE" | "GET" | "HEAD" | "PUT",
		key: string,
		request: S3Request = {},
	): Promise<S3Answer> {
		const callMs = this.#options.timeoutMs ?? CALL_MS;
		const endsMs = performance.now() + callMs;
		for (let count = 0; ; count++) {
			const answer = await this.#attempt(method, key, request, Math.max(callMs, ATTEMPT_MS)).catch(
				(error: unknown) => ({ error }),
			);
			if ("bytes" in answer) return answer.bytes;
			const isFinal = "refusal" in answer && !isPassing(answer.refusal);
			const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** count);
			if (isFinal || performance.now() + pauseMs > endsMs)
				throw "refusal" in answer
					? refused(this.place, answer.refusal)
					: unanswered(this.place, answer.error);
			await delay(pauseMs);
		}
	}

	async #attempt(
		method: string,
		key: string,
		{ body, query = {} }: S3Request,
		timeoutMs: number,
	): Promise<{ bytes: S3Answer } | { refusal: S3Refusal }> {
		const { bucket, credentials, endpoint, prefix, region } = this.#options;
		const url = new URL(`${endpoint}/${bucket}${key === "" ? "" : `/${prefix}${key}`}`);
		for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
		const digest = createHash("sha256")
			.update(body ?? "")
			.digest("hex");
		// Without its digest, the service would not notice that a body was changed on its way.
		const headers = { "X-Amz-Content-Sha256": digest };
		const { accessKeyId, secretAccessKey, sessionToken } = credentials;
		const session = sessionToken === undefined ? {} : { sessionToken };
		const keys = { accessKeyId, secretAccessKey, ...session };
		const signer = new AwsV4Signer({ method, url: url.href, headers, service: "s3", region, ...keys });
		const signed = await signer.sign();
		const answer = await fetch(signed.url, {
			method,
			headers: signed.headers,
			redirect: "manual",
			signal: AbortSignal.timeout(timeoutMs),
			...(body !== undefined && { body: Buffer.from(body.buffer, body.byteOffset, body.length) }),
		});
		const bytes = new Uint8Array(await answer.arrayBuffer());
		if (answer.ok) return { bytes };
		const refusal = refusalOf(answer.status, answer.headers, Buffer.from(bytes).toString("utf8"));
		// The answer to HEAD has no body, so that a missing bucket looks the same. The next other request tells.
		const isAbsent = refusal.code === "NoSuchKey" || (method === "HEAD" && answer.status === 404);
		return isAbsent || (method === "DELETE" && answer.status === 404 && refusal.code === "")
			? { bytes: undefined }
			: { refusal };
	}
}
