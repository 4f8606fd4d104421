/** Base44 as a target: three calls of its API, authorised by a workspace's API key. */
import { AppError, EXIT } from "../../errors.ts";
import { type Answer, sendRequest } from "../../http-request.ts";
import type { TargetId } from "../../project/memory/target-memory.ts";
import { requestFault } from "../../request-fault.ts";
import { faultDetail, jsonOf, readBody } from "../answer.ts";
import type { SecretTarget, TargetCall, TargetWork } from "../target.ts";
import { base44Fault } from "./faults.ts";

/** The time limit of the list of names, in milliseconds. */
const LIST_MS = 10_000;
/** The time limit of a change, in milliseconds. Base44 may restart functions before it answers. */
const CHANGE_MS = 60_000;
/** Enough for ten thousand names of 128 characters, each with a masked value. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
const FAULT_BYTES_MAX = 64 * 1024;

export interface Base44Options {
	readonly id: TargetId;
	/** The workspace's API key, checked by `BASE44.credential.parse`. */
	readonly key: string;
	/** Replaces both time limits above, in milliseconds. */
	readonly answerMs?: number | undefined;
	readonly signal?: AbortSignal | undefined;
}

function secretsUrl({ origin, app }: TargetId): string {
	return new URL(`/api/apps/${encodeURIComponent(app)}/secrets`, origin).href;
}

function deleteUrl(id: TargetId, name: string): string {
	return `${secretsUrl(id)}?secret_name=${encodeURIComponent(name)}`;
}

/** The requests that a task makes, to show them. */
export function base44Calls(id: TargetId, { list, set, deleted }: TargetWork): TargetCall[] {
	return [
		...(list ? [{ method: "GET", url: secretsUrl(id), names: [] }] : []),
		...set.map((names) => ({ method: "POST", url: secretsUrl(id), names })),
		...deleted.map((name) => ({ method: "DELETE", url: deleteUrl(id, name), names: [name] })),
	];
}

interface Request {
	readonly method: "GET" | "POST" | "DELETE";
	readonly url: string;
	readonly answerMs: number;
	readonly json?: object;
	/** Texts that no message may contain. */
	readonly secrets: readonly string[];
}

export class Base44 implements SecretTarget {
	readonly #options: Base44Options;

	constructor(options: Base44Options) {
		this.#options = options;
	}

	get id(): TargetId {
		return this.#options.id;
	}

	async list(): Promise<string[]> {
		const url = secretsUrl(this.id);
		const response = await this.#send({ method: "GET", url, answerMs: LIST_MS, secrets: [] });
		const value = jsonOf(await this.#body(response));
		const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
		if (!isObject || !Object.values(value).every((mask) => typeof mask === "string")) throw this.#invalid();
		return Object.keys(value);
	}

	async set(values: ReadonlyMap<string, string>): Promise<void> {
		await this.#change({
			method: "POST",
			url: secretsUrl(this.id),
			answerMs: CHANGE_MS,
			// `fromEntries` defines the keys, so that a name such as __proto__ is an ordinary key.
			json: Object.fromEntries(values),
			secrets: [...values.values()],
		});
	}

	async delete(name: string): Promise<void> {
		try {
			const url = deleteUrl(this.id, name);
			await this.#change({ method: "DELETE", url, answerMs: CHANGE_MS, secrets: [] });
		} catch (error) {
			if (!(error instanceof AppError) || error.code !== "BASE44_APP_NOT_FOUND") throw error;
		}
	}

	/** Sends a change. It counts as done only if the answer says so. */
	async #change(request: Request): Promise<void> {
		const response = await this.#send(request);
		const value = jsonOf(await this.#body(response));
		if (typeof value !== "object" || value === null || !("success" in value)) throw this.#invalid();
		if (value.success === true) return;
		throw this.#refused(200, faultDetail(value, this.#guarded(request)));
	}

	async #send({ method, url, answerMs, json, secrets }: Request): Promise<Answer> {
		const { key, signal } = this.#options;
		const limit = AbortSignal.timeout(this.#options.answerMs ?? answerMs);
		let response: Answer;
		try {
			response = await sendRequest(new URL(url), {
				method,
				headers: {
					accept: "application/json",
					api_key: key,
					...(json ? { "content-type": "application/json" } : {}),
				},
				signal: signal ? AbortSignal.any([limit, signal]) : limit,
				body: json && JSON.stringify(json),
			});
		} catch (error) {
			throw this.#unreachable(error);
		}
		if (response.ok) return response;
		const body = jsonOf(await this.#body(response, FAULT_BYTES_MAX).catch(() => undefined));
		throw this.#refused(response.status, faultDetail(body, this.#guarded({ secrets })));
	}

	#guarded({ secrets }: Pick<Request, "secrets">): string[] {
		return [...secrets, this.#options.key];
	}

	/** Reads a body. Any failure to read it counts as a broken connection. */
	async #body(response: Answer, bytesMax = ANSWER_BYTES_MAX): Promise<string | undefined> {
		try {
			return await readBody(response, bytesMax);
		} catch (error) {
			throw this.#unreachable(error);
		}
	}

	#refused(status: number, detail: string | undefined): AppError {
		const { code, exit, says, hint } = base44Fault(status);
		const more = detail === undefined ? "" : ` It says: ${detail}`;
		return new AppError({
			code,
			message: `Base44 at ${this.id.origin} ${says} (app '${this.id.app}', status ${status}).${more}`,
			hint,
			exit,
		});
	}

	#invalid(): AppError {
		return new AppError({
			code: "BASE44_ANSWER_INVALID",
			message: `The answer of ${this.id.origin} is not one of Base44's API.`,
			hint: "Check the address (--url); a proxy or a sign-in page may have answered in its place.",
			exit: EXIT.network,
		});
	}

	/**
	 * @param thrown the error that a request threw. It is neither shown nor passed on, because its text may contain what
	 *   was sent
	 */
	#unreachable(thrown: unknown): AppError {
		const { kind, code } = requestFault(thrown);
		const at = `Base44 at ${this.id.origin}`;
		const says = {
			timeout: `${at} did not answer in time.`,
			certificate: `The certificate of ${this.id.origin} is not valid${code}. Nothing was sent.`,
			redirect: `${at} redirects requests to another address. Nothing was sent there.`,
			unreachable: `${at} cannot be reached${code}.`,
		};
		return new AppError({
			code: {
				timeout: "BASE44_TIMEOUT",
				certificate: "BASE44_CERTIFICATE_REFUSED",
				redirect: "BASE44_REDIRECTED",
				unreachable: "BASE44_UNREACHABLE",
			}[kind],
			message: says[kind],
			hint:
				kind === "redirect"
					? "Link the address that it is served at: coffer link base44 --url URL."
					: "The vault keeps the change until it is synced ('coffer sync').",
			exit: EXIT.network,
		});
	}
}
