/**
 * GitHub Actions as a target: the secrets of a repository or of one of its environments. Each value is encrypted for
 * the place's public key before it is sent.
 */
import { utf8 } from "../../bytes.ts";
import { fromBase64, sealTo } from "../../crypto.ts";
import { EXIT } from "../../errors.ts";
import type { TargetId } from "../../project/memory/target-memory.ts";
import { type ApiAccess, type ApiProfile, type Reply, TargetApi } from "../api/client.ts";
import type { Fault } from "../api/faults.ts";
import type { SecretTarget, TargetCall, TargetWork } from "../target.ts";
import { secretsUrl } from "./place.ts";

const PAGE_NAMES = 100;
/** GitHub stores 100 secrets in a place. A server that sends more pages than this is not GitHub. */
const PAGES_MAX = 20;

const FAULTS: ReadonlyMap<number, Fault> = new Map([
	[
		401,
		{
			code: "TOKEN_REFUSED",
			exit: EXIT.unauthorised,
			says: "does not accept the token",
			hint: "Give a valid token: coffer link github --repo OWNER/NAME (or GITHUB_TOKEN).",
		},
	],
	[
		403,
		{
			code: "TOKEN_REFUSED",
			exit: EXIT.unauthorised,
			says: "does not allow this token to use the secrets of the repository",
			hint: "Use a fine-grained token with 'Secrets: Read and write' (for an environment also 'Environments'), or a classic token with the scope 'repo'. The GITHUB_TOKEN of a workflow cannot change secrets.",
		},
	],
	[
		404,
		{
			code: "REPOSITORY_NOT_FOUND",
			exit: EXIT.notFound,
			says: "has no such repository or environment, or does not show it to this token",
			hint: "Check the names, and that the token may use this repository. An environment must exist first (Settings, Environments).",
		},
	],
]);

const PROFILE: ApiProfile = {
	title: "GitHub",
	prefix: "GITHUB",
	noun: "repository",
	redirectHint:
		"The repository may have another name or owner now. Link it again: coffer link github --repo OWNER/NAME.",
	headers: (token) => ({
		accept: "application/vnd.github+json",
		authorization: `token ${token}`,
		"x-github-api-version": "2022-11-28",
	}),
	explain: ({ status }) => FAULTS.get(status),
};

function urlOf({ origin, app }: TargetId, name?: string): string {
	const url = secretsUrl(origin, app);
	return name === undefined ? url : `${url}/${encodeURIComponent(name)}`;
}

/** The requests that a task makes, to show them. */
export function githubCalls(id: TargetId, { list, set, deleted }: TargetWork): TargetCall[] {
	const each = (method: string) => (name: string) => ({ method, url: urlOf(id, name), names: [name] });
	return [
		...(list ? [{ method: "GET", url: urlOf(id), names: [] }] : []),
		...(set.length > 0
			? [{ method: "GET", url: `${urlOf(id)}/public-key`, names: [], reads: "the public key" }]
			: []),
		...set.flat().map(each("PUT")),
		...deleted.flat().map(each("DELETE")),
	];
}

interface PublicKey {
	readonly id: string;
	readonly bytes: Uint8Array;
}

/** The url-safe form, without padding, of the usual base64. */
function urlSafe(base64: string): string {
	return base64.replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null;
}

export class GitHub implements SecretTarget {
	readonly #api: TargetApi;
	#key: PublicKey | undefined;

	/** @param access the credential is a token, checked by `GITHUB.credential.parse` */
	constructor(access: ApiAccess) {
		this.#api = new TargetApi(PROFILE, access);
	}

	get id(): TargetId {
		return this.#api.id;
	}

	/** Counts the pages itself: an address in an answer could lead the token to another server. */
	async list(): Promise<string[]> {
		const names: string[] = [];
		for (let page = 1; page <= PAGES_MAX; page++) {
			const query = page === 1 ? "" : `&page=${page}`;
			const url = `${urlOf(this.id)}?per_page=${PAGE_NAMES}${query}`;
			const { body } = await this.#api.send({ method: "GET", url });
			const { secrets, total_count: total } = isObject(body) ? body : {};
			if (!Array.isArray(secrets) || typeof total !== "number") throw this.#api.invalid();
			for (const secret of secrets) {
				if (!isObject(secret) || typeof secret["name"] !== "string") throw this.#api.invalid();
				names.push(secret["name"]);
			}
			if (names.length >= total || secrets.length === 0) return names;
		}
		throw this.#api.invalid();
	}

	async set(values: ReadonlyMap<string, string>): Promise<void> {
		for (const [name, value] of values) {
			this.#key ??= await this.#publicKey();
			let reply = await this.#put(name, value, this.#key, [422]);
			if (reply.status === 422) {
				// GitHub may have changed the key since it was read. Otherwise it refuses the secret itself.
				const key = await this.#publicKey();
				if (key.id === this.#key.id) throw this.#api.refused(reply, { secrets: [value] });
				this.#key = key;
				reply = await this.#put(name, value, key, []);
			}
			if (reply.status !== 201 && reply.status !== 204) throw this.#api.invalid();
		}
	}

	async delete(names: readonly string[]): Promise<void> {
		for (const name of names) {
			const url = urlOf(this.id, name);
			const reply = await this.#api.send({ method: "DELETE", url, handled: [404] });
			if (reply.status === 204) continue;
			if (reply.status !== 404) throw this.#api.invalid();
			// GitHub gives this answer for a missing secret, and also if the token may not see the repository.
			if ((await this.list()).includes(name)) throw this.#api.refused(reply, {});
		}
	}

	async #put(name: string, value: string, key: PublicKey, handled: readonly number[]): Promise<Reply> {
		const sealed = sealTo(utf8(value), key.bytes);
		if (sealed === undefined) throw this.#api.invalid();
		return this.#api.send({
			method: "PUT",
			url: urlOf(this.id, name),
			json: { encrypted_value: Buffer.from(sealed).toString("base64"), key_id: key.id },
			secrets: [value],
			handled,
		});
	}

	async #publicKey(): Promise<PublicKey> {
		const { body } = await this.#api.send({ method: "GET", url: `${urlOf(this.id)}/public-key` });
		const { key, key_id: id } = isObject(body) ? body : {};
		if (typeof id !== "string" || typeof key !== "string") throw this.#api.invalid();
		const bytes = fromBase64(urlSafe(key));
		if (bytes === undefined) throw this.#api.invalid();
		return { id, bytes };
	}
}
