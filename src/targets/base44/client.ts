/** Base44 as a target: three calls of its API, authorised by a workspace's API key. */
import { AppError } from "../../errors.ts";
import type { TargetId } from "../../project/memory/target-memory.ts";
import { type ApiAccess, type ApiProfile, type ApiRequest, TargetApi } from "../api/client.ts";
import type { SecretTarget, TargetCall, TargetWork } from "../target.ts";
import { base44Fault } from "./faults.ts";

const PROFILE: ApiProfile = {
	title: "Base44",
	prefix: "BASE44",
	noun: "app",
	redirectHint: "Link the address that it is served at: coffer link base44 --url URL.",
	headers: (key) => ({ api_key: key }),
	explain: ({ status }) => base44Fault(status),
};

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
		...deleted.flat().map((name) => ({ method: "DELETE", url: deleteUrl(id, name), names: [name] })),
	];
}

export class Base44 implements SecretTarget {
	readonly #api: TargetApi;

	/** @param access the credential is the workspace's API key, checked by `BASE44.credential.parse` */
	constructor(access: ApiAccess) {
		this.#api = new TargetApi(PROFILE, access);
	}

	get id(): TargetId {
		return this.#api.id;
	}

	async list(): Promise<string[]> {
		const { body } = await this.#api.send({ method: "GET", url: secretsUrl(this.id) });
		const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
		if (!isObject || !Object.values(body).every((mask) => typeof mask === "string"))
			throw this.#api.invalid();
		return Object.keys(body);
	}

	async set(values: ReadonlyMap<string, string>): Promise<void> {
		await this.#change({
			method: "POST",
			url: secretsUrl(this.id),
			// `fromEntries` defines the keys, so that a name such as __proto__ is an ordinary key.
			json: Object.fromEntries(values),
			secrets: [...values.values()],
		});
	}

	async delete(names: readonly string[]): Promise<void> {
		for (const name of names)
			try {
				await this.#change({ method: "DELETE", url: deleteUrl(this.id, name) });
			} catch (error) {
				if (!(error instanceof AppError) || error.code !== "BASE44_APP_NOT_FOUND") throw error;
			}
	}

	/** Sends a change. It counts as done only if the answer says so. */
	async #change(request: ApiRequest): Promise<void> {
		const reply = await this.#api.send(request);
		const { body } = reply;
		if (typeof body !== "object" || body === null || !("success" in body)) throw this.#api.invalid();
		if (body.success !== true) throw this.#api.refused(reply, request);
	}
}
