/** Cloudflare Workers as a target: the secrets of one Worker, through Cloudflare's API. */
import type { TargetId } from "../../project/memory/target-memory.ts";
import { type ApiAccess, type ApiProfile, type ApiRequest, type Reply, TargetApi } from "../api/client.ts";
import type { SecretTarget, TargetCall, TargetWork } from "../target.ts";
import { CODE, cloudflareFault, cloudflareMessage, hasCode } from "./faults.ts";

const PROFILE: ApiProfile = {
	title: "Cloudflare",
	prefix: "CLOUDFLARE",
	noun: "Worker",
	redirectHint: "Link the address that it is served at: coffer link cloudflare --url URL.",
	headers: (token) => ({ authorization: `Bearer ${token}` }),
	explain: cloudflareFault,
	describe: cloudflareMessage,
};

/** The type of the bindings that are secrets. */
const SECRET_TYPE = "secret_text";

function workerUrl({ origin, app }: TargetId, path: "secrets" | "secrets-bulk" | "settings"): string {
	const [account = "", worker = ""] = app.split("/");
	return new URL(
		`/client/v4/accounts/${encodeURIComponent(account)}/workers/scripts/${encodeURIComponent(worker)}/${path}`,
		origin,
	).href;
}

/** The requests that a task makes, to show them. */
export function cloudflareCalls(id: TargetId, { list, set, deleted }: TargetWork): TargetCall[] {
	const bulk = (names: readonly string[]) => ({ method: "PATCH", url: workerUrl(id, "secrets-bulk"), names });
	return [
		...(list ? [{ method: "GET", url: workerUrl(id, "secrets"), names: [] }] : []),
		...(set.length > 0
			? [{ method: "GET", url: workerUrl(id, "settings"), names: [], reads: "the bindings" }]
			: []),
		...set.map(bulk),
		...deleted.map(bulk),
	];
}

interface Binding {
	readonly name: string;
	readonly type: string;
}

function isBinding(value: unknown): value is Binding {
	if (typeof value !== "object" || value === null || !("name" in value) || !("type" in value)) return false;
	return typeof value.name === "string" && typeof value.type === "string";
}

export class Cloudflare implements SecretTarget {
	readonly #api: TargetApi;

	/** @param access the credential is an API token, checked by `CLOUDFLARE.credential.parse` */
	constructor(access: ApiAccess) {
		this.#api = new TargetApi(PROFILE, access);
	}

	get id(): TargetId {
		return this.#api.id;
	}

	async list(): Promise<string[]> {
		const result = await this.#result({ method: "GET", url: workerUrl(this.id, "secrets") });
		return this.#bindings(result).map(({ name }) => name);
	}

	/** The names that the Worker uses for something that is not a secret, such as a variable in plain text. */
	async refusals(names: readonly string[]): Promise<Map<string, string>> {
		const result = await this.#result({ method: "GET", url: workerUrl(this.id, "settings") });
		const isObject = typeof result === "object" && result !== null;
		const bindings = isObject && "bindings" in result ? result.bindings : undefined;
		const wanted = new Set(names);
		const taken = this.#bindings(bindings).filter(
			({ name, type }) => wanted.has(name) && type !== SECRET_TYPE,
		);
		return new Map(
			taken.map(({ name, type }) => [
				name,
				type === "plain_text"
					? "is a variable in plain text of the Worker ('vars' in wrangler.jsonc, or the dashboard)"
					: "is another binding of the Worker",
			]),
		);
	}

	async set(values: ReadonlyMap<string, string>): Promise<void> {
		const entries = [...values].map(([name, text]) => [name, { name, text, type: SECRET_TYPE }] as const);
		await this.#result(this.#bulk(entries, values.values()));
	}

	async delete(names: readonly string[]): Promise<void> {
		const request = this.#bulk(names.map((name) => [name, null] as const));
		const reply = await this.#api.send({ ...request, handled: [400, 404] });
		if (reply.status < 300) {
			this.#resultOf(reply);
			return;
		}
		if (!hasCode(reply.body, CODE.noBinding)) throw this.#api.refused(reply, request);
		// One of the names is missing there. The others are still to be deleted.
		const there = new Set(await this.list());
		const left = names.filter((name) => there.has(name));
		if (left.length > 0) await this.#result(this.#bulk(left.map((name) => [name, null] as const)));
	}

	/** A JSON merge patch: a name that it leaves out keeps its value, and null deletes a name. */
	#bulk(entries: Iterable<readonly [string, unknown]>, secrets: Iterable<string> = []): ApiRequest {
		return {
			method: "PATCH",
			url: workerUrl(this.id, "secrets-bulk"),
			contentType: "application/merge-patch+json",
			// `fromEntries` defines the keys, so that a name such as __proto__ is an ordinary key.
			json: { secrets: Object.fromEntries(entries) },
			secrets: [...secrets],
		};
	}

	async #result(request: ApiRequest): Promise<unknown> {
		return this.#resultOf(await this.#api.send(request));
	}

	/** The result in an answer. Cloudflare puts it into an object that says whether the request succeeded. */
	#resultOf({ body }: Reply): unknown {
		if (typeof body !== "object" || body === null || !("success" in body)) throw this.#api.invalid();
		if (body.success !== true) throw this.#api.invalid();
		return "result" in body ? body.result : undefined;
	}

	#bindings(value: unknown): Binding[] {
		if (!Array.isArray(value) || !value.every(isBinding)) throw this.#api.invalid();
		return value;
	}
}
