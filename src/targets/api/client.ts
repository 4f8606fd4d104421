/** Requests to the HTTP API of a target. Every kind of target that has such an API makes its requests here. */
import { setTimeout as delay } from "node:timers/promises";
import { AppError, EXIT } from "../../errors.ts";
import { type HeadedAnswer, sendRequest } from "../../http/request.ts";
import { requestFault } from "../../http/request-fault.ts";
import type { TargetId } from "../../project/memory/target-memory.ts";
import { faultDetail, jsonOf, readBody } from "../answer.ts";
import { busyFault, type Fault, generalFault } from "./faults.ts";
import { rateLimitOf } from "./rate-limit.ts";

/** The time limit of a request that reads, in milliseconds. */
const READ_MS = 10_000;
/** The time limit of a change, in milliseconds. A product may restart functions before it answers. */
const CHANGE_MS = 60_000;
/** Enough for ten thousand names of 128 characters, each with a masked value. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
const FAULT_BYTES_MAX = 64 * 1024;
/** The longest wait for a server that limits the rate of requests, in seconds, and the most waits for a request. */
const WAIT_SECONDS_MAX = 10;
const WAITS_MAX = 2;

/** What is particular to the API of one kind of target. */
export interface ApiProfile {
	/** The product's name in sentences. */
	readonly title: string;
	/** The prefix of its error codes, such as `BASE44`. */
	readonly prefix: string;
	/** As `TargetKind.noun`. */
	readonly noun: string;
	/** What to do if the API redirects a request. */
	readonly redirectHint: string;
	/** The headers of each request, with the credential. */
	headers(credential: string): Readonly<Record<string, string>>;
	/** Explains an error answer; undefined if it means what its status means everywhere. */
	explain(reply: Reply): Fault | undefined;
	/** Finds the error's text in a body, as `faultDetail` reads it. Left out if it is where `faultDetail` looks. */
	describe?(body: unknown): unknown;
}

export interface ApiAccess {
	readonly id: TargetId;
	readonly credential: string;
	/** Replaces the time limits, in milliseconds. */
	readonly answerMs?: number | undefined;
	readonly signal?: AbortSignal | undefined;
}

export interface ApiRequest {
	readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
	readonly url: string;
	readonly json?: unknown;
	/** The type of the body; JSON if left out. */
	readonly contentType?: string;
	/** Texts that no message may contain. */
	readonly secrets?: Iterable<string>;
	/** Error statuses that the caller handles. */
	readonly handled?: readonly number[];
}

export interface Reply {
	readonly status: number;
	readonly headers: HeadedAnswer["headers"];
	/** The body; undefined if it is too long, or not UTF-8. */
	readonly text: string | undefined;
	/** The JSON value of the body; undefined if it is not JSON. */
	readonly body: unknown;
}

export class TargetApi {
	readonly #profile: ApiProfile;
	readonly #access: ApiAccess;

	constructor(profile: ApiProfile, access: ApiAccess) {
		this.#profile = profile;
		this.#access = access;
	}

	get id(): TargetId {
		return this.#access.id;
	}

	/**
	 * Sends a request. Waits and repeats it if the server asks for a short wait, so it must be one that may be
	 * made twice.
	 * @returns the answer, if its status is 200 to 299 or in `handled` @throws AppError, without any value
	 */
	async send(request: ApiRequest): Promise<Reply> {
		for (let waits = 0; ; waits++) {
			const reply = await this.#once(request);
			const limit = rateLimitOf(reply, Date.now());
			if (limit === undefined) {
				const isOk = reply.status >= 200 && reply.status < 300;
				if (isOk || request.handled?.includes(reply.status)) return reply;
				throw this.refused(reply, request);
			}
			const { waitSeconds } = limit;
			if (waitSeconds === undefined || waitSeconds > WAIT_SECONDS_MAX || waits === WAITS_MAX)
				throw this.#error(busyFault(waitSeconds), reply, request);
			const { signal } = this.#access;
			await delay(waitSeconds * 1000, undefined, signal ? { signal } : {}).catch((error: unknown) => {
				throw this.#unreachable(error);
			});
		}
	}

	/** The error for an answer that refuses a request. */
	refused(reply: Reply, request: Pick<ApiRequest, "secrets">): AppError {
		return this.#error(this.#profile.explain(reply) ?? generalFault(reply.status), reply, request);
	}

	/** The error for an answer that this API does not give. */
	invalid(): AppError {
		const { prefix, title } = this.#profile;
		return new AppError({
			code: `${prefix}_ANSWER_INVALID`,
			message: `The answer of ${this.id.origin} is not one of ${title}'s API.`,
			hint: "Check the address (--url); a proxy or a sign-in page may have answered in its place.",
			exit: EXIT.network,
		});
	}

	#error(
		{ code, exit, hint, says }: Fault,
		reply: Reply,
		{ secrets }: Pick<ApiRequest, "secrets">,
	): AppError {
		const { describe, noun, prefix, title } = this.#profile;
		const { app, origin } = this.id;
		const guarded = [...(secrets ?? []), this.#access.credential];
		const detail = faultDetail(describe ? describe(reply.body) : reply.body, guarded);
		const more = detail === undefined ? "" : ` It says: ${detail}`;
		return new AppError({
			code: `${prefix}_${code}`,
			message: `${title} at ${origin} ${says} (${noun} '${app}', status ${reply.status}).${more}`,
			hint,
			exit,
		});
	}

	async #once({ contentType = "application/json", json, method, url }: ApiRequest): Promise<Reply> {
		const { answerMs, credential, signal } = this.#access;
		const limit = AbortSignal.timeout(answerMs ?? (method === "GET" ? READ_MS : CHANGE_MS));
		try {
			const answer = await sendRequest(new URL(url), {
				method,
				headers: {
					accept: "application/json",
					// GitHub refuses requests without it.
					"user-agent": "coffer",
					...this.#profile.headers(credential),
					...(json === undefined ? {} : { "content-type": contentType }),
				},
				signal: signal ? AbortSignal.any([limit, signal]) : limit,
				body: json === undefined ? undefined : JSON.stringify(json),
			});
			const text = await readBody(answer, answer.ok ? ANSWER_BYTES_MAX : FAULT_BYTES_MAX).catch(
				(error: unknown) => {
					// The status of an error says enough.
					if (answer.ok) throw error;
					return undefined;
				},
			);
			const { headers, status } = answer;
			return { status, headers, text, body: jsonOf(text) };
		} catch (error) {
			throw this.#unreachable(error);
		}
	}

	/**
	 * @param thrown the error that a request threw. It is neither shown nor passed on, because its text may contain what
	 *   was sent
	 */
	#unreachable(thrown: unknown): AppError {
		const { kind, code } = requestFault(thrown);
		const { prefix, redirectHint, title } = this.#profile;
		const at = `${title} at ${this.id.origin}`;
		const says = {
			timeout: `${at} did not answer in time.`,
			certificate: `The certificate of ${this.id.origin} is not valid${code}. Nothing was sent.`,
			redirect: `${at} redirects requests to another address. Nothing was sent there.`,
			unreachable: `${at} cannot be reached${code}.`,
		};
		const suffix = {
			timeout: "TIMEOUT",
			certificate: "CERTIFICATE_REFUSED",
			redirect: "REDIRECTED",
			unreachable: "UNREACHABLE",
		};
		return new AppError({
			code: `${prefix}_${suffix[kind]}`,
			message: says[kind],
			hint:
				kind === "redirect"
					? redirectHint
					: "Changes of secrets wait in the vault until 'coffer sync' sends them.",
			exit: EXIT.network,
		});
	}
}
